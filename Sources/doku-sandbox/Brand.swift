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
        // Unknown keys are errors: a test must not pass because `fault` is misspelt.
        let written = try decoder.container(keyedBy: AnyKey.self)
        let known = CodingKeys.allCases.map(\.rawValue)
        for key in written.allKeys where !known.contains(key.stringValue) {
            throw DecodingError.dataCorruptedError(
                forKey: key, in: written,
                debugDescription: "unknown key; the keys of a brand are: \(known.joined(separator: ", "))")
        }

        let container = try decoder.container(keyedBy: CodingKeys.self)
        clientID = try container.decode(String.self, forKey: .clientID)
        secret = try container.decode(String.self, forKey: .secret)
        guard clientID.isEmpty == false, clientID.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else {
            throw DecodingError.dataCorruptedError(
                forKey: .clientID, in: container, debugDescription: "must be visible ASCII and not empty")
        }
        let faultName = try container.decodeIfPresent(String.self, forKey: .fault)
        fault = try faultName.map { name in
            guard let fault = Fault(rawValue: name) else {
                let names = Fault.allCases.map(\.rawValue).joined(separator: ", ")
                throw DecodingError.dataCorruptedError(
                    forKey: .fault, in: container, debugDescription: "unknown fault \"\(name)\"; known: \(names)")
            }
            return fault
        }
        func count(_ key: CodingKeys, in range: ClosedRange<Int>) throws -> Int? {
            guard let value = try container.decodeIfPresent(Int.self, forKey: key) else { return nil }
            guard range.contains(value) else {
                throw DecodingError.dataCorruptedError(
                    forKey: key, in: container,
                    debugDescription: "must be from \(range.lowerBound) to \(range.upperBound)")
            }
            return value
        }
        times = try count(.times, in: 1...1_000_000_000) ?? fault?.defaultTimes
        delayMilliseconds = try count(.delayMilliseconds, in: 0...86_400_000)
        validMinutes = try count(.validMinutes, in: 1...TokenRequest.longestMinutes)
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
