// SPDX-License-Identifier: Apache-2.0

import Model
import Testing

/// The rule that a simulation uses: the program's own rule, or a copy that lacks a part.
struct RuleUnderTest: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let isDue: @Sendable (Configuration, Brand, OutputSnapshot, Timestamp) -> Bool
    /// Whether a run must not delay its request for this output.
    let isUrgent: @Sendable (Configuration, Brand, OutputSnapshot, Timestamp) -> Bool

    private init(
        _ description: String, _ rule: @escaping @Sendable (Configuration, Timestamp) -> RenewalPolicy,
        brand change: @escaping @Sendable (Brand) -> Brand = { $0 }, alwaysWaits: Bool = false
    ) {
        testDescription = description
        isDue = { configuration, brand, output, now in
            rule(configuration, now).verdict(on: change(brand), outputs: [output]).needsWork
        }
        isUrgent = { configuration, brand, output, now in
            !alwaysWaits && rule(configuration, now).isUrgent(output, brand: brand)
        }
    }

    /// The program's own rule.
    static let real = RuleUnderTest("unchanged") { RenewalPolicy($0, force: false, now: $1) }

    private static func changed(
        _ description: String, _ change: @escaping @Sendable (inout Configuration) -> Void
    ) -> RuleUnderTest {
        RuleUnderTest(description) { configuration, now in
            var configuration = configuration
            change(&configuration)
            return RenewalPolicy(configuration, force: false, now: now)
        }
    }

    /// Rules that each lack one part.
    static let broken = [
        // Only a third of the lifetime.
        RuleUnderTest("a fraction only") { _, now in
            RenewalPolicy(runEvery: .zero, deadline: .zero - NextRun.tolerance, force: false, now: now)
        } brand: { brand in
            Brand(
                name: brand.name, clientID: brand.clientID, secret: brand.secret,
                times: Brand.Times(validTime: brand.validTime, renewBefore: nil),
                outputs: [])
        },
        changed("without run_every") { $0.runEvery = .zero },
        changed("without the deadline") { $0.deadline = .zero },
        changed("without splay") { $0.splay = .zero },
        changed("without the minute for clock errors") { $0.deadline -= NextRun.tolerance },
        RuleUnderTest("without renew_before") {
            RenewalPolicy($0, force: false, now: $1)
        } brand: { brand in
            Brand(
                name: brand.name, clientID: brand.clientID, secret: brand.secret,
                times: Brand.Times(validTime: brand.validTime, renewBefore: .remaining(.seconds(1))), outputs: [])
        },
        RuleUnderTest(
            "with a delay for expiring tokens", { RenewalPolicy($0, force: false, now: $1) }, alwaysWaits: true),
    ]
}
