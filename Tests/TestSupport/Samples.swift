// SPDX-License-Identifier: Apache-2.0

internal import Foundation
package import Model
package import TokenAPI

/// The values that most tests share, and what makes tokens for them.
package enum Sample {
    package static let clientID = "BRN-0001-10791114622547"
    package static let requestID = "fdb69f47-96da-499d-acec-7cdc318ab2fe"
    package static let endpoint = Endpoint(
        scheme: "https", authority: "api-uat.doku.com", requestTarget: "/adv-core-api/partner/v1.0/token")
    /// 2026-11-22T09:30:00Z.
    package static let now = Timestamp(seconds: 1_795_339_800)

    /// The client of the sample brand.
    package static func client(
        secret: String = "not-a-secret", validTime: Duration? = .seconds(21_600),
        verification: ResponseVerification = .ifPresent
    ) -> PartnerTokenClient {
        var configuration = Configuration(endpoint: endpoint)
        configuration.responseVerification = verification
        return PartnerTokenClient(
            for: brand(validTime: validTime), secret: Secret(Array(secret.utf8)), configuration: configuration)
    }

    /// base64url without padding (RFC 4648 §5).
    package static func base64URL(_ bytes: some Sequence<UInt8>) -> String {
        Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    /// A token of three parts around `payload`, signed by nobody.
    package static func jwt(_ payload: String) -> String {
        // As long as a signature by a key of 2048 bits.
        "eyJhbGciOiJSUzI1NiJ9.\(base64URL(payload.utf8)).\(base64URL([UInt8](repeating: 0xa5, count: 256)))"
    }

    /// A JWT of the sample brand that ends `left` seconds from now.
    package static func jwt(left: Int64, lifetime: Int64 = 21_600, clientID: String = clientID) -> String {
        let end = now.seconds + left
        return jwt(
            """
            {"sub":"payload","exp":\(end),"iat":\(end - lifetime),"user":{"businessServiceClientId":"\(clientID)"}}
            """)
    }

    package static func token(_ text: String) throws -> Token {
        struct NoToken: Error {}
        guard let token = Token(Array(text.utf8)) else { throw NoToken() }
        return token
    }

    package static func brand(validTime: Duration? = nil, renewBefore: RenewalThreshold? = nil) -> Brand {
        Brand(
            name: "batik-nusantara", clientID: clientID, secret: .environment(variable: "UNUSED"),
            times: Brand.Times(validTime: validTime, renewBefore: renewBefore), outputs: [])
    }
}

/// SplitMix64: the same numbers for the same seed, so that a failure can be looked at again.
package struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    package init(seed: UInt64) { state = seed }

    package mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    /// `length` bytes, each taken from `alphabet`.
    package mutating func text(length: Int, from alphabet: [UInt8]) -> String {
        String(
            decoding: (0..<length).map { _ in alphabet[Int.random(in: alphabet.indices, using: &self)] }, as: UTF8.self)
    }
}

/// 0x20…0x7e.
package let visibleASCII = [UInt8](0x20...0x7e)
