// SPDX-License-Identifier: Apache-2.0

/// One entry of the brands file.
struct Brand: Sendable, Decodable, Equatable {
    let clientID: String
    let secret: String
    let fault: Fault?
    /// The number of requests that get the fault after the entry was read or changed. Nil: all requests.
    let times: Int?
    /// The delay before each response, in milliseconds. Nil: the delay of the command line.
    let delayMilliseconds: Int?
    /// The lifetime of every token in minutes. The requested lifetime is ignored.
    let validMinutes: Int?

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case clientID = "client_id"
        case secret
        case fault
        case times
        case delayMilliseconds = "delay_ms"
        case validMinutes = "valid_minutes"
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        func invalid(_ key: CodingKeys, _ problem: String) -> DecodingError {
            .dataCorruptedError(forKey: key, in: container, debugDescription: problem)
        }
        func count(_ key: CodingKeys, in range: ClosedRange<Int>) throws -> Int? {
            let value = try container.decodeIfPresent(Int.self, forKey: key)
            guard value.map(range.contains) != false else {
                throw invalid(key, "must be from \(range.lowerBound) to \(range.upperBound)")
            }
            return value
        }
        // Unknown keys are errors: a test must not pass because `fault` is misspelt.
        let known = CodingKeys.allCases.map(\.rawValue)
        let written = try decoder.container(keyedBy: AnyKey.self)
        for key in written.allKeys where !known.contains(key.stringValue) {
            throw DecodingError.dataCorruptedError(
                forKey: key, in: written,
                debugDescription: "unknown key; the keys of a brand are: \(known.joined(separator: ", "))")
        }
        clientID = try container.decode(String.self, forKey: .clientID)
        secret = try container.decode(String.self, forKey: .secret)
        guard !clientID.isEmpty, clientID.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else {
            throw invalid(.clientID, "must be visible ASCII and not empty")
        }
        fault = try container.decodeIfPresent(String.self, forKey: .fault).map { name in
            guard let fault = Fault(rawValue: name) else {
                let names = Fault.allCases.map(\.rawValue).joined(separator: ", ")
                throw invalid(.fault, "unknown fault \"\(name)\"; known: \(names)")
            }
            return fault
        }
        times = try count(.times, in: 1...1_000_000_000) ?? (fault == .timeOutOfRangeOnce ? 1 : nil)
        delayMilliseconds = try count(.delayMilliseconds, in: 0...86_400_000)
        validMinutes = try count(.validMinutes, in: 1...TokenEndpoint.longestMinutes)
    }
}

/// A whole brands file.
struct BrandList: Decodable {
    let brands: [Brand]
}

private struct AnyKey: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
}
