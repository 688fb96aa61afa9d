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
    private struct State {
        var fingerprint: [Int]?
        var brands: [String: Brand]
        /// By Client-Id.
        var faultsApplied: [String: Int] = [:]
    }

    private let path: String
    private let state: Mutex<State>

    init(path: String) throws {
        self.path = path
        state = Mutex(State(fingerprint: Self.fingerprint(of: path), brands: try Self.read(path)))
    }

    /// The brand in the current file.
    func brand(clientID: String) -> Brand? {
        state.withLock { state in
            reloadIfChanged(&state)
            return state.brands[clientID]
        }
    }

    /// The fault for the next request of this brand. Each call counts as one request.
    func takeFault(clientID: String) -> Fault? {
        state.withLock { state in
            guard let brand = state.brands[clientID], let fault = brand.fault,
                state.faultsApplied[clientID, default: 0] < brand.times ?? .max
            else { return nil }
            state.faultsApplied[clientID, default: 0] += 1
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
            let brands = try Self.read(path)
            // A changed brand gets its fault from the beginning.
            let old = state.brands
            state.faultsApplied = state.faultsApplied.filter { brands[$0.key] == old[$0.key] }
            state.brands = brands
        } catch {
            Output.complain("\(error); the previous brands stay in use")
        }
    }

    /// Inode, size and modification time of the file.
    private static func fingerprint(of path: String) -> [Int]? {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return nil }
        return [Int(status.st_ino), status.st_size, status.st_mtim.tv_sec, status.st_mtim.tv_nsec]
    }

    private static func read(_ path: String) throws -> [String: Brand] {
        guard let bytes = try? Data(contentsOf: URL(filePath: path)) else {
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
