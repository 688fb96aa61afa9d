// SPDX-License-Identifier: Apache-2.0

internal import Dispatch
internal import DurableFiles
internal import Model
internal import Synchronization

/// The directories that a run publishes into: opened and checked once, synced once at the end.
final class OutputDirectories: Sendable {
    private struct State: Sendable {
        var open: [String: Directory] = [:]
        /// The one that was asked for last: mostly the files of ten thousand brands stand in one.
        var last: Directory?
        var seen: Set<String> = []
        /// Directories with a new name in them that is not yet safe from a loss of power, and those being synced.
        var unsynced: Set<String> = []
        /// The one published into last, if it is among them.
        var lastUnsynced: String?
        var syncing: Set<String> = []
        var failed: [String: FileError] = [:]
        /// By path: the directory of a file that was published somewhere else, where a link led to.
        var followed: [String: String] = [:]

        /// - Returns: the one before, where nothing else keeps it open.
        mutating func makeLast(_ directory: Directory) -> Directory? {
            guard let former = last, former !== directory else {
                last = directory
                return nil
            }
            last = directory
            return open[former.path] === former ? nil : former
        }
    }

    private let state = Mutex(State())
    /// What they are opened for.
    let use: Directory.Use
    /// Whom each of them is touched by way of.
    let watch: DiskWatch

    init(use: Directory.Use = .publishing, watch: DiskWatch) {
        self.use = use
        self.watch = watch
    }

    /// So many descriptors are kept; a configuration with a directory for each brand would use them all up.
    private static let limit = 128

    /// Opened, or as it was opened before. To be called by way of the watch.
    func directory(_ path: String) throws(FileError) -> Directory {
        let (open, former) = state.withLock { state -> (Directory?, Directory?) in
            guard let open = state.open[path] else { return (nil, nil) }
            return (open, state.makeLast(open))
        }
        if let former { Self.close([former]) }
        if let open { return open }
        let directory = try Directory(path: path, use: use)
        let closed = state.withLock { state -> [Directory] in
            var closed: [Directory] = []
            if state.open.count >= Self.limit {
                closed = Array(state.open.values)
                state.open = [:]
            }
            state.open[path] = directory
            state.seen.insert(path)
            if let former = state.makeLast(directory) { closed.append(former) }
            return closed
        }
        Self.close(closed)
        return directory
    }

    /// Lets go of directories. To close one may wait for a server as well.
    private static func close(_ directories: [Directory]) {
        guard !directories.isEmpty else { return }
        DispatchQueue(label: "closing").async { @Sendable in withExtendedLifetime(directories) {} }
    }

    /// The directory of a location, if it is the one that was asked for last.
    private func lastDirectory(of location: FileLocation) -> Directory? {
        guard let last = state.withLock({ $0.last }), location.isIn(last.path) else { return nil }
        return last
    }

    /// Does something with the directory of an output.
    private func enter<Result>(
        _ path: String, _ symlinks: SymlinkPolicy, for touching: DiskWatch.Touching = .reading,
        _ body: (Directory, FileLocation) throws(FileError) -> Result
    ) throws(FileError) -> Result {
        let typed = try FileLocation(path: path)
        if symlinks == .follow, try isLink(typed) {
            return try watch.touch(path, at: .link(path), for: touching) { () throws(FileError) in
                let location = try typed.followingSymlinks()
                return try body(try directory(location.directory), location)
            }
        }
        if let last = lastDirectory(of: typed) {
            return try watch.touch(path, in: last.path, for: touching) { () throws(FileError) in
                try body(last, typed)
            }
        }
        let name = typed.directory
        return try watch.touch(path, in: name, for: touching) { () throws(FileError) in
            try body(try directory(name), typed)
        }
    }

    private func isLink(_ location: FileLocation) throws(FileError) -> Bool {
        try watch.touch(location.path, in: location.directory) { () throws(FileError) in try location.isSymlink() }
    }

    func inspect(_ path: String, maximumSize: Int, symlinks: SymlinkPolicy) throws(FileError) -> FileState {
        try enter(path, symlinks) { directory, location throws(FileError) in
            try directory.inspect(location, maximumSize: maximumSize)
        }
    }

    /// Whether a new name could be put beside `path`.
    func checkWritable(_ path: String, symlinks: SymlinkPolicy) throws(FileError) {
        // What is known needs no look at the disk.
        if symlinks == .refuse, let known = lastDirectory(of: try FileLocation(path: path))?.isWritable {
            return try known.get()
        }
        try enter(path, symlinks) { directory, _ throws(FileError) in try directory.checkWritable() }
    }

    /// Does what publishing to `path` does before it is seen, and takes it back.
    /// - Returns: the directory, and whose the file would be.
    func rehearse(
        _ path: String, attributes: PublishedAttributes, symlinks: SymlinkPolicy
    ) throws(FileError) -> (directory: String, ownership: FileOwnership) {
        try enter(path, symlinks, for: .writing) { directory, location throws(FileError) in
            (location.directory, try directory.rehearse(name: location.name, attributes: attributes))
        }
    }

    /// Replaces the file at `path`; it is visible at once, and durable after ``synchronize()``.
    /// - Parameter isNew: whether nothing is thought to stand there.
    func publish(
        _ contents: [UInt8], to path: String, attributes: PublishedAttributes, symlinks: SymlinkPolicy, isNew: Bool
    ) throws(FileError) {
        try enter(path, symlinks, for: .writing) { directory, location throws(FileError) in
            try directory.publish(contents, name: location.name, attributes: attributes, isNew: isNew)
            state.withLock { state in
                if state.lastUnsynced != directory.path { state.unsynced.insert(directory.path) }
                state.lastUnsynced = directory.path
                if symlinks == .follow { state.followed[path] = directory.path }
            }
        }
    }

    /// Removes what killed runs left in the directories seen so far, beside these files.
    ///
    /// - Parameter files: passes them all.
    func sweep(
        stop: StopRequest, beside files: @escaping @Sendable (_ pass: (String, SymlinkPolicy) -> Void) -> Void
    ) {
        // Made only where a leftover turns up: mostly there is none.
        let known = Mutex<[String: Set<String>]?>(nil)
        @Sendable func names(in directory: String) -> Set<String> {
            if let names = known.withLock({ $0 }) { return names[directory] ?? [] }
            var found: [String: Set<String>] = [:]
            files { path, symlinks in
                guard let location = try? location(path, symlinks) else { return }
                found[location.directory, default: []].insert(location.name)
            }
            known.withLock { [found] in $0 = found }
            return found[directory] ?? []
        }
        @Sendable func forEachOpen(_ body: (Directory) -> Void) {
            for (path, directory) in state.withLock({ $0.open }) {
                try? watch.touch(path, in: path) { () throws(FileError) in body(directory) }
            }
        }
        // One piece, done anew without what hangs: on some network mounts even a lock waits for the server.
        PatientWalk.run(1, watch, stop: stop) { [self] _ in
            // By two paths a directory is open twice: neither is to be in the other's way.
            forEachOpen { $0.unlock() }
            for path in state.withLock({ $0.seen }) {
                try? watch.touch(path, in: path) { () throws(FileError) in
                    _ = try directory(path).sweep(names: names(in: path))
                }
            }
            forEachOpen { $0.shareLock() }
        }
    }

    /// Where a file really stands, or is to stand.
    func location(_ path: String, _ symlinks: SymlinkPolicy) throws(FileError) -> FileLocation {
        let location = try FileLocation(path: path)
        let isLink = symlinks == .follow ? try isLink(location) : false
        guard isLink else { return location }
        return try watch.touch(path, at: .link(path)) { () throws(FileError) in try location.followingSymlinks() }
    }

    /// Syncs every directory published into since the last call.
    func synchronize() {
        let paths = state.withLock { state in
            defer {
                state.unsynced = []
                state.lastUnsynced = nil
            }
            state.syncing.formUnion(state.unsynced)
            return Array(state.unsynced)
        }
        PatientWalk.run(paths.count, watch, for: .writing, threads: 8) { [self] index in
            let path = paths[index]
            var failure: FileError?
            do throws(FileError) {
                try watch.touch(path, in: path, for: .writing) { () throws(FileError) in
                    try directory(path).synchronize()
                }
            } catch {
                failure = error
            }
            state.withLock { [failure] state in
                state.syncing.remove(path)
                if let failure { state.failed[path] = failure }
            }
        }
    }

    /// Tells of a published file's path why it may not survive a loss of power; nil where all files will.
    var doubt: ((_ path: String) -> FileError?)? {
        let (failed, followed) = state.withLock { state in
            var failed = state.failed
            for path in state.unsynced.union(state.syncing) where failed[path] == nil {
                failed[path] = .durabilityUnknown(path)
            }
            return (failed, state.followed)
        }
        guard !failed.isEmpty else { return nil }
        return { path in (followed[path] ?? (try? FileLocation(path: path))?.directory).flatMap { failed[$0] } }
    }
}
