// SPDX-License-Identifier: Apache-2.0

import Foundation
import Kubernetes
import Model
import TestSupport
import Testing

@Suite struct FailureCodeTests {
    typealias Code = BrandFailure.Code

    @Test func `codes of Secrets are transient or permanent as documented`() {
        #expect(Code.kubernetes.filter { $0.class == .transient } == [.storeUnavailable, .storeChanged])
        #expect(Set(Code.kubernetes).isDisjoint(with: Code.all))
    }

    /// Codes are label values of metrics.
    @Test(arguments: Code.kubernetes)
    func `a code is a short word in kebab case`(code: Code) {
        #expect(code.text.wholeMatch(of: /[a-z]+(-[a-z]+)*/) != nil)
        #expect(code.text.utf8.count <= 24)
    }

    @Test func `each list has all codes of its module`() throws {
        for (file, list) in [
            ("Model/BrandFailure.swift", Code.all), ("Kubernetes/BrandFailure+Kubernetes.swift", Code.kubernetes),
        ] {
            let source = try String(contentsOf: Repository.url("Sources/\(file)"), encoding: .utf8)
            #expect(source.matches(of: /(?:Code|Self)\("([a-z-]+)",/).map { String($0.output.1) } == list.map(\.text))
        }
    }
}
