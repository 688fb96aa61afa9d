// SPDX-License-Identifier: Apache-2.0

internal import DurableFiles
internal import Synchronization

/// The directories that a run publishes into: opened and checked once, synced once at the end.
final class OutputDirectories: Sendable {
    private struct State: Sendable {
        var open: [String: Directory] = [:]
        var seen: Set<String> = []
        /// Whether a new name can be made there.
        var writable: [String: Result<Void, FileError>] = [:]
        /// Directories with a new name in them that is not yet safe from a loss of power.
        var unsynced: Set<String> = []
        /// By path: the directory of a file that was published somewhere else, where a link led to.
        var followed: [String: String] = [:]
    }

    private let state = Mutex(State())
    /// What they are opened for.
    let use: Directory.Use

    init(use: Directory.Use = .publishing) {
        self.use = use
    }

    /// So many descriptors are kept; a configuration with a directory for each brand would use them all up.
    private static let limit = 128

    private func directory(_ path: String) throws(FileError) -> Directory {
        if let open = state.withLock({ $0.open[path] }) { return open }
        let directory = try Directory(path: path, use: use)
        state.withLock { state in
            if state.open.count >= Self.limit { state.open = [:] }
            state.open[path] = directory
            state.seen.insert(path)
        }
        return directory
    }

    func inspect(_ path: String, maximumSize: Int, symlinks: SymlinkPolicy) throws(FileError) -> FileState {
        let location = try Self.location(path, symlinks)
        return try directory(location.directory).inspect(name: location.name, maximumSize: maximumSize)
    }

    /// Finds outputs that several paths lead to, through linked or bind-mounted directories or links that are followed:
    /// published to by two brands, such a file would hold a foreign token. And those that lead to what the run reads.
    ///
    /// - Returns: by path, why all but the first of the outputs at one place are refused.
    func aliases(
        in files: [(path: String, symlinks: SymlinkPolicy)], sparing inputs: [(path: String, input: RunInput)]
    ) -> [String: BrandFailure] {
        var found: [String: BrandFailure] = [:]
        let identities = identities(of: files, inputs.lazy.map(\.path))
        // No link is followed and all directories are different.
        guard files.contains(where: { $0.symlinks == .follow }) || Set(identities.values).count < identities.count
        else { return found }
        struct Place: Hashable {
            let directory: Directory.Identity
            let name: String
        }
        var read: [Place: RunInput] = [:]
        for (path, input) in inputs {
            // What cannot be opened is told of when it is read.
            guard let location = try? FileLocation(path: path), let directory = identities[location.directory]
            else { continue }
            read[Place(directory: directory, name: location.name)] = input
        }
        var first: [Place: String] = [:]
        for (path, symlinks) in files {
            // What cannot be opened is told of when it is surveyed.
            guard let location = try? Self.location(path, symlinks),
                let identity = identities[location.directory]
                    ?? (try? directory(location.directory).identity())
            else { continue }
            let place = Place(directory: identity, name: location.name)
            if let input = read[place] {
                found[path] = BrandFailure(
                    .outputRefused, "\(path) is \(input.words), by another path; give the token a file of its own")
            } else if let other = first[place] {
                found[path] = BrandFailure(.outputRefused, "\(path) is the same file as \(other); give it its own")
            } else {
                first[place] = path
            }
        }
        return found
    }

    /// The directories that these paths name, as far as they can be opened.
    private func identities(
        of files: [(path: String, symlinks: SymlinkPolicy)], _ inputs: some Sequence<String>
    ) -> [String: Directory.Identity] {
        var identities: [String: Directory.Identity] = [:]
        var closed: Set<String> = []
        // Mostly all stand in one directory.
        var last: String?
        func note(_ path: String, _ open: (String) throws(FileError) -> Directory) {
            if let last, LexicalPath.directory(of: path) == last { return }
            guard let directory = try? FileLocation(path: path).directory else { return }
            last = directory
            guard identities[directory] == nil, !closed.contains(directory) else { return }
            if let identity = try? open(directory).identity() {
                identities[directory] = identity
            } else {
                closed.insert(directory)
            }
        }
        for (path, _) in files { note(path, directory) }
        // Nothing is published there: whoever owns such a directory may do with it as they please.
        for path in inputs { note(path) { path throws(FileError) in try Directory(path: path, use: .reading) } }
        return identities
    }

    /// Whether a new name could be put beside `path`.
    func checkWritable(_ path: String, symlinks: SymlinkPolicy) throws(FileError) {
        let location = try Self.location(path, symlinks)
        if let known = state.withLock({ $0.writable[location.directory] }) { return try known.get() }
        let result: Result<Void, FileError>
        do throws(FileError) {
            result = .success(try directory(location.directory).checkWritable())
        } catch {
            result = .failure(error)
        }
        state.withLock { $0.writable[location.directory] = result }
        try result.get()
    }

    /// Does what publishing to `path` does before it is seen, and takes it back.
    /// - Returns: the directory, and whose the file would be.
    func rehearse(
        _ path: String, attributes: PublishedAttributes, symlinks: SymlinkPolicy
    ) throws(FileError) -> (directory: String, ownership: FileOwnership) {
        let location = try Self.location(path, symlinks)
        return (
            location.directory, try directory(location.directory).rehearse(name: location.name, attributes: attributes)
        )
    }

    /// Replaces the file at `path`; it is visible at once, and durable after ``synchronize()``.
    func publish(
        _ contents: [UInt8], to path: String, attributes: PublishedAttributes, symlinks: SymlinkPolicy
    ) throws(FileError) {
        let location = try Self.location(path, symlinks)
        let directory = try directory(location.directory)
        try directory.publish(contents, name: location.name, attributes: attributes)
        state.withLock { state in
            state.unsynced.insert(directory.path)
            if symlinks == .follow { state.followed[path] = directory.path }
        }
    }

    /// The directory that makes what was published to `path` durable.
    private func directory(publishedTo path: String) -> String? {
        state.withLock { $0.followed[path] } ?? (try? FileLocation(path: path))?.directory
    }

    /// Removes what killed runs left in the directories seen so far, beside these files.
    func sweep(beside files: () -> [(path: String, symlinks: SymlinkPolicy)]) {
        // Made only where a leftover turns up: mostly there is none.
        var known: [String: Set<String>]?
        func names(in directory: String) -> Set<String> {
            if known == nil {
                var found: [String: Set<String>] = [:]
                for (path, symlinks) in files() {
                    guard let location = try? Self.location(path, symlinks) else { continue }
                    found[location.directory, default: []].insert(location.name)
                }
                known = found
            }
            return known?[directory] ?? []
        }
        // By two paths a directory is open twice: neither is to be in the other's way.
        for directory in state.withLock({ $0.open.values }) { directory.unlock() }
        for path in state.withLock({ $0.seen }) {
            guard let directory = try? directory(path) else { continue }
            _ = directory.sweep(names: names(in: path))
        }
        for directory in state.withLock({ $0.open.values }) { directory.shareLock() }
    }

    static func location(_ path: String, _ symlinks: SymlinkPolicy) throws(FileError) -> FileLocation {
        let location = try FileLocation(path: path)
        return symlinks == .follow ? try location.followingSymlinks() : location
    }

    /// Syncs every directory published into since the last call.
    /// - Returns: tells of the path of a published file why it may not survive a loss of power; nil where all will.
    func synchronize() -> ((_ path: String) -> FileError?)? {
        let paths = state.withLock { state in
            defer { state.unsynced = [] }
            return Array(state.unsynced)
        }
        let failures = Mutex<[String: FileError]>([:])
        Lanes(label: "synchronization").forEach(count: paths.count) { index in
            do throws(FileError) {
                try self.directory(paths[index]).synchronize()
            } catch {
                failures.withLock { $0[paths[index]] = error }
            }
        }
        let failed = failures.withLock { $0 }
        return failed.isEmpty ? nil : { path in self.directory(publishedTo: path).flatMap { failed[$0] } }
    }
}
