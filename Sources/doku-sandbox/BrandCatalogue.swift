// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Glibc
import Synchronization

/// A brands file that cannot be used: which one, and what is wrong with it. Holds no value of the file but names.
struct BrandFileError: Error, CustomStringConvertible {
    let path: String
    let problem: String

    var description: String { "\(path): \(problem)" }
}

/// The brands, read from their file again whenever it changes, and how much of its fault each has suffered.
final class BrandCatalogue: Sendable {
    private struct Entry {
        var brand: Brand
        var faultsSuffered = 0
    }

    /// What tells one version of the file from the next; a replaced file has another inode.
    private struct Fingerprint: Equatable {
        var inode: UInt
        var size: Int
        var seconds: Int
        var nanoseconds: Int
    }

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

    /// The brand of this client, as the file has it now; nil if there is none.
    func brand(clientID: String) -> Brand? {
        state.withLock { state in
            reloadIfChanged(&state)
            return state.entries[clientID]?.brand
        }
    }

    /// The fault that the next request of this brand suffers, counted as suffered.
    func takeFault(clientID: String) -> Fault? {
        state.withLock { state in
            guard let entry = state.entries[clientID], let fault = entry.brand.fault else { return nil }
            guard let times = entry.brand.times else { return fault }
            guard entry.faultsSuffered < times else { return nil }
            state.entries[clientID]?.faultsSuffered += 1
            return fault
        }
    }

    /// Has the file read again at the next request even if it looks unchanged.
    func forget() {
        state.withLock { $0.fingerprint = nil }
    }

    private func reloadIfChanged(_ state: inout State) {
        let current = Self.fingerprint(of: path)
        guard current != state.fingerprint else { return }
        // Remembered before reading: a file written to meanwhile looks changed again at the next request.
        state.fingerprint = current
        do {
            let old = state.entries
            state.entries = try Self.read(path).mapValues { brand in
                if let entry = old[brand.clientID], entry.brand == brand { return entry }
                return Entry(brand: brand)
            }
        } catch {
            StandardError.write("doku-sandbox: \(error); the brands stay as they were")
        }
    }

    private static func fingerprint(of path: String) -> Fingerprint? {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return nil }
        return Fingerprint(
            inode: status.st_ino, size: status.st_size,
            seconds: status.st_mtim.tv_sec, nanoseconds: status.st_mtim.tv_nsec)
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
            throw BrandFileError(path: path, problem: "client_id \(brand.clientID) stands there twice")
        }
        return entries
    }
}

extension DecodingError {
    /// The place in the document and the problem, without any value found there.
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
            return place(context.codingPath) + "null where a \(type) is needed"
        case .dataCorrupted(let context):
            return place(context.codingPath)
                + (context.codingPath.isEmpty ? "not valid JSON" : context.debugDescription)
        @unknown default:
            return "not a brands file"
        }
    }
}
