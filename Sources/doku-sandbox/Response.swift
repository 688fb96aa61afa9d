// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials

/// A response before it is dated, signed and sent.
struct Response: Error, Sendable {
    /// How the response is signed.
    enum Signing: Sendable {
        /// No signature headers: errors, and responses of a gateway.
        case none
        /// All signature headers except the signature.
        case leftOut
        case good
        case wrong
    }

    var status: Int
    var contentType = "application/json"
    var headers: [String: String] = [:]
    var body: Data
    var signing = Signing.none

    /// A response of the service itself.
    static func signed(_ body: Data) -> Response { Response(status: 200, body: body, signing: .good) }

    static func token(_ token: String) -> Response { signed(JSON.bytes(["token": token])) }

    /// The format of DOKU's errors for invalid headers.
    static func error(_ code: String, _ message: String, status: Int = 400) -> Response {
        let error = ["code": code, "message": message, "type": "invalid_request_error"]
        return Response(status: status, body: JSON.bytes(["error": error]))
    }

    static func invalidHeader(_ name: String, _ problem: String) -> Response {
        error("invalid_header_request", "Header \(name) \(problem)")
    }

    /// The format of an error of the web server in front of the service.
    static func message(_ message: String, status: Int, headers: [String: String] = [:]) -> Response {
        Response(status: status, headers: headers, body: JSON.bytes(["message": message]))
    }

    /// An HTML page that does not come from the service.
    static func page(_ title: String, status: Int, headers: [String: String] = [:]) -> Response {
        let text = "<!DOCTYPE html>\n<html><head><title>\(title)</title></head><body><h1>\(title)</h1></body></html>\n"
        return Response(
            status: status, contentType: "text/html; charset=utf-8", headers: headers, body: Data(text.utf8))
    }

    static let invalidClientID = error("invalid_client_id", "Invalid Header Client-Id")
    static let invalidSignature = error("invalid_signature", "Invalid Header Signature")
    static let timeOutOfRange = error(
        "request_time_out_of_range", "Header Request-Timestamp is not in +- 3600 second of now")

    /// - Parameter target: an unknown path.
    static func noResource(_ target: String) -> Response {
        message("No static resource \(target.drop { $0 == "/" }).", status: 404)
    }
}

/// The result of a request.
enum Outcome: Sendable {
    case answered(Response)
    /// The connection is closed. The response is lost.
    case closed(losing: Response?)
    case hanging

    /// The response that a repeated Request-Id gets again. Nil if the service did not carry out the request.
    var remembered: Response? {
        switch self {
        case .answered(let response), .closed(losing: .some(let response)):
            response.status == 200 && response.signing != .none ? response : nil
        case .closed(losing: nil), .hanging:
            nil
        }
    }
}

/// The sandbox writes JSON with sorted keys and unescaped slashes.
enum JSON {
    static func bytes(_ value: some Encodable, keys: JSONEncoder.KeyEncodingStrategy = .useDefaultKeys) -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.keyEncodingStrategy = keys
        // Strings and integers can always be encoded.
        return (try? encoder.encode(value)) ?? Data()
    }
}
