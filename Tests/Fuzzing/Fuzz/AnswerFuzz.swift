// SPDX-License-Identifier: Apache-2.0

internal import Curl
internal import Model
internal import TokenAPI

private let now = Timestamp(seconds: 1_700_000_000)

private let brand = Brand(
    name: "fuzz", clientID: "BRN-1", secret: .environment(variable: "UNUSED"), times: .unsaid, outputs: [])

private let clients = ResponseVerification.allCases.map { verification in
    var configuration = Configuration(
        endpoint: Endpoint(scheme: "https", authority: "api.example", requestTarget: "/token"))
    configuration.responseVerification = verification
    return PartnerTokenClient(for: brand, secret: Secret(Array("SK-fuzz".utf8)), configuration: configuration)
}

/// The answer decoder. The first byte chooses status and signature rule, a line holds a header or none, the rest is
/// the body: it grants a token that may be published, or is a failure with a printable sentence.
func fuzzAnswer(_ bytes: [UInt8]) {
    guard let first = bytes.first else { return }
    let statuses = [200, 200, 200, 409, 400, 401, 429, 500, 204, 302, 999]
    let status = statuses[Int(first) % statuses.count]
    let rule = Int(first) / statuses.count % 3
    let rest = bytes.dropFirst()
    let line = rest.firstIndex(of: 0x0a) ?? rest.startIndex
    var headers: [String: String] = [:]
    let names = TokenClients.readHeaders.sorted()
    for part in rest[..<line].split(separator: 0x1f) {
        guard let name = part.first else { continue }
        headers[names[Int(name) % names.count]] = String(decoding: part.dropFirst(), as: UTF8.self)
    }
    let body = Array(rest[line...].drop { $0 == 0x0a })
    let response = clients[rule].judge(
        .success(HTTPResponse(status: status, headers: headers, body: body)), requestID: "r", now: now)
    switch response {
    case .granted(let token):
        require(status == 200 || status == 409, "a token out of a refusal")
        require(!token.text.isEmpty && token.text.utf8.count <= Token.maximumSize, "a token out of bounds")
        require(VisibleText.isVisibleASCII(token.text), "a token with other characters")
        require(!token.isTruncated, "a token that was cut")
        require(token.clientID ?? "BRN-1" == "BRN-1", "another brand's token")
        require(token.expiresAt.map { $0 > now } ?? true, "a token that is dead")
        require(ResponseVerification.allCases[rule] != .require, "a token whose signature nobody could have made")
        require(Token(Array(token.text.utf8)) == token, "a token that reads otherwise from disk")
    case .failed(let failure, _):
        require(!failure.message.isEmpty && failure.message.utf8.count < 2048, "a sentence out of bounds")
        require(!VisibleText.hasDeceptive(failure.message), "a sentence with deceptive characters")
    }
}
