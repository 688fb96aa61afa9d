// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials

/// An answer before it is dated, signed and sent.
struct Answer: Sendable {
    /// What the Signature header is to say.
    enum Signing: Sendable {
        /// No signature headers at all: errors, and what a gateway answers.
        case none
        /// The headers of a signed answer, without the signature.
        case leftOut
        case good
        case wrong
    }

    var status: Int
    var contentType = "application/json"
    var headers: [String: String] = [:]
    var body: Data
    var signing = Signing.none

    /// An answer of the service itself, signed as it signs.
    static func signed(_ body: Data, status: Int = 200) -> Answer {
        Answer(status: status, body: body, signing: .good)
    }

    /// The shape of an error seen on DOKU's header checks.
    static func error(_ code: String, _ message: String, status: Int = 400) -> Answer {
        struct Wrapped: Encodable {
            struct Inner: Encodable {
                let code: String
                let message: String
                let type = "invalid_request_error"
                enum CodingKeys: CodingKey { case code, message, type }
            }
            let error: Inner
        }
        return Answer(status: status, body: JSON.bytes(Wrapped(error: .init(code: code, message: message))))
    }

    /// The shape of an error of the web server around the service.
    static func message(_ message: String, status: Int) -> Answer {
        Answer(status: status, body: JSON.bytes(["message": message]))
    }

    /// A page of something that is not the service.
    static func page(_ title: String, status: Int) -> Answer {
        let text = "<!DOCTYPE html>\n<html><head><title>\(title)</title></head><body><h1>\(title)</h1></body></html>\n"
        return Answer(status: status, contentType: "text/html; charset=utf-8", body: Data(text.utf8))
    }

    static let invalidClientID = error("invalid_client_id", "Invalid Header Client-Id")
    static let invalidSignature = error("invalid_signature", "Invalid Header Signature")
    static let timeOutOfRange = error(
        "request_time_out_of_range", "Header Request-Timestamp is not in +- 3600 second of now")

    /// No page of that name; `target` with its leading slash.
    static func noResource(_ target: String) -> Answer {
        message("No static resource \(target.drop { $0 == "/" }).", status: 404)
    }
}

/// What becomes of a request.
enum Outcome: Sendable {
    case answered(Answer)
    /// The connection is closed; the answer, where there is one, is lost on the way.
    case closed(losing: Answer?)
    case hanging

    /// The body that a repeated Request-Id brings again. An error, or a page put in front of the service, leaves none:
    /// the request was not carried out.
    var remembered: Answer? {
        switch self {
        case .answered(let answer), .closed(losing: .some(let answer)):
            answer.status == 200 && answer.signing != .none ? answer : nil
        case .closed(losing: nil), .hanging:
            nil
        }
    }
}
