// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Glibc
import Synchronization

/// A problem of the brands file. It contains names from the file, but no other values.
struct BrandFileError: Error, CustomStringConvertible {
    let path: String
    let problem: String

    var description: String { "\(path): \(problem)" }
}

/// The brands, and how often each one got its fault. A changed file is read again.
final class BrandCatalogue: Sendable {
    private struct Entry {
        var brand: Brand
        var faultsApplied = 0
    }

    /// Inode, size and modification time of the file.
    private typealias Fingerprint = [Int]

    private struct State {
        var fingerprint: Fingerprint?
        var entries: [String: Entry]
    }

    private let path: String
    private let state: Mutex<State>

    init(path: String) throws {
        self.path = path
        let fingerprint = Self.fingerprint(of: path)
        let entries = try Self.read(path)
        state = Mutex(State(fingerprint: fingerprint, entries: entries.mapValues { Entry(brand: $0) }))
    }

    /// The brand in the current file.
    func brand(clientID: String) -> Brand? {
        state.withLock { state in
            reloadIfChanged(&state)
            return state.entries[clientID]?.brand
        }
    }

    /// The fault for the next request of this brand. Each call counts as one request.
    func takeFault(clientID: String) -> Fault? {
        state.withLock { state in
            guard let entry = state.entries[clientID], let fault = entry.brand.fault else { return nil }
            guard let times = entry.brand.times else { return fault }
            guard entry.faultsApplied < times else { return nil }
            state.entries[clientID]?.faultsApplied += 1
            return fault
        }
    }

    /// The next request reads the file again, even if it looks unchanged.
    func forget() {
        state.withLock { $0.fingerprint = nil }
    }

    private func reloadIfChanged(_ state: inout State) {
        let current = Self.fingerprint(of: path)
        guard current != state.fingerprint else { return }
        // Stored before reading: the next request sees a change that happens during the read.
        state.fingerprint = current
        do {
            let old = state.entries
            state.entries = try Self.read(path).mapValues { brand in
                if let entry = old[brand.clientID], entry.brand == brand { return entry }
                return Entry(brand: brand)
            }
        } catch {
            Output.complain("\(error); the previous brands stay in use")
        }
    }

    private static func fingerprint(of path: String) -> Fingerprint? {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return nil }
        return [Int(status.st_ino), status.st_size, status.st_mtim.tv_sec, status.st_mtim.tv_nsec]
    }

    private static func read(_ path: String) throws -> [String: Brand] {
        let bytes: Data
        do {
            bytes = try Data(contentsOf: URL(filePath: path))
        } catch {
            throw BrandFileError(path: path, problem: "cannot be read")
        }
        let brands: [Brand]
        do {
            brands = try JSONDecoder().decode(BrandList.self, from: bytes).brands
        } catch let error as DecodingError {
            throw BrandFileError(path: path, problem: error.whereAndWhat)
        }
        var entries: [String: Brand] = [:]
        for brand in brands where entries.updateValue(brand, forKey: brand.clientID) != nil {
            throw BrandFileError(path: path, problem: "client_id \(brand.clientID) is duplicated")
        }
        return entries
    }
}

extension DecodingError {
    /// The place in the document and the problem, without any value of the file.
    fileprivate var whereAndWhat: String {
        func place(_ path: [any CodingKey]) -> String {
            let steps = path.map { key in key.intValue.map { "[\($0)]" } ?? ".\(key.stringValue)" }.joined()
            return steps.isEmpty ? "" : String(steps.trimmingPrefix(".")) + ": "
        }
        switch self {
        case .keyNotFound(let key, let context):
            return place(context.codingPath) + "\(key.stringValue) is missing"
        case .typeMismatch(let type, let context):
            return place(context.codingPath) + "not of type \(type)"
        case .valueNotFound(let type, let context):
            return place(context.codingPath) + "null instead of \(type)"
        case .dataCorrupted(let context):
            return place(context.codingPath)
                + (context.codingPath.isEmpty ? "not valid JSON" : context.debugDescription)
        @unknown default:
            return "not a valid brands file"
        }
    }
}
