// SPDX-License-Identifier: Apache-2.0

/// The claims that the program uses. A claim of an unexpected type counts as absent.
struct TokenClaims {
    let iat: Double?
    let exp: Double?
    let clientID: String?

    /// nil if the bytes are not a JSON object.
    init?(_ document: [UInt8]) {
        guard let claims = JSON(document), case .object = claims else { return nil }
        iat = claims["iat"]?.number
        exp = claims["exp"]?.number
        clientID = claims["user"]?["businessServiceClientId"]?.string
    }
}
