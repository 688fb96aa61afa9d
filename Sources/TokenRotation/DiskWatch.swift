// SPDX-License-Identifier: Apache-2.0

internal import DurableFiles
internal import FoundationEssentials
internal import Model
internal import Synchronization

/// Knows what a run waits for on its disks, and with that which of them hang. Nobody touches such a one again.
///
/// A thread that waits for a disk cannot be called back: a hard NFS mount whose server is gone lets it wait for ever. So
/// it is left behind, and what it was to bring with it.
final class DiskWatch: Sendable {
    /// What for a disk is waited for.
    enum Touching: Sendable { case reading, writing }

    /// A thread that works on what can be done once more by another one: told when it is given up, and that for good.
    final class Waiter: Sendable {
        private let given = Atomic<Bool>(false)
        var isGivenUp: Bool { given.load(ordering: .relaxed) }
        fileprivate func giveUp() { given.store(true, ordering: .relaxed) }
    }

    /// Of this thread, if it is one of those.
    @TaskLocal static var waiter: Waiter?

    /// One wait.
    private struct Touch: Sendable {
        let number: Int
        let place: Place
        /// By the watch's own time.
        var end: Duration
        let waiter: Waiter?
        let onHang: (@Sendable (FileError) -> Void)?
    }

    /// What hangs if a wait does not end.
    enum Place: Hashable, Sendable {
        case directory(String)
        /// A symbolic link, which may lead to another disk than the one that it stands on.
        case link(String)

        var path: String {
            switch self {
            case .directory(let path), .link(let path): path
            }
        }
    }

    /// A part of what is waited for. Of one lock for all, lanes that read and lanes that write would wait twice for each
    /// file, and spin meanwhile.
    private final class Shelf: Sendable {
        private let touches = Mutex<[Touch]>([])

        func begin(_ touch: Touch) { touches.withLock { $0.append(touch) } }

        /// One that was given up is not among them any more.
        func end(_ number: Int) {
            touches.withLock { touches in
                if let index = touches.firstIndex(where: { $0.number == number }) { touches.remove(at: index) }
            }
        }

        /// Takes out what has been waited for too long.
        /// - Parameter delay: how much longer each may take, for what is no disk's doing.
        func overdue(_ now: Duration, delay: Duration) -> [Touch] {
            touches.withLock { touches in
                for index in touches.indices { touches[index].end += delay }
                let overdue = touches.filter { $0.end <= now }
                touches.removeAll { $0.end <= now }
                return overdue
            }
        }
    }

    private struct State: Sendable {
        /// Threads that do not come back, as far as is known.
        var lost = 0
        /// When somebody last looked what was waited for too long.
        var lastLook = Duration.zero
        /// Places of which a wait was given up.
        var places: Set<Place> = []
        /// The mounts that these are on, where a whole mount hangs at once.
        var mounts: [String] = []
    }

    private let state = Mutex(State())
    /// Whether there are such places.
    private let knowsPlaces = Atomic<Bool>(false)
    private let shelves = (0..<16).map { _ in Shelf() }
    private let count = Atomic<Int>(0)
    private let start = ContinuousClock.now
    /// How long a disk may take to answer: one that slept, or a server that starts anew, takes seconds.
    private let patience: Duration
    /// How long it may take to write: one that others keep busy takes longer, and nobody else waits for it.
    private let patienceForWriting: Duration

    private static let longestPatience: Duration = .seconds(10)

    init(patience: Duration = longestPatience, forWriting: Duration = .seconds(30)) {
        self.patience = patience
        patienceForWriting = forWriting
    }

    /// The watch of a run: of the time there is, a disk that hangs may cost a quarter.
    convenience init(_ configuration: Configuration) {
        let quarter = configuration.deadline / 4
        self.init(patience: min(Self.longestPatience, quarter), forWriting: quarter)
    }

    /// How long it has been at work. Not an instant: what holds one is slow to copy, and a touch comes with every file.
    var time: Duration { ContinuousClock.now - start }

    func patience(for touching: Touching) -> Duration { touching == .reading ? patience : patienceForWriting }

    /// Does something at a place, or refuses at once where that hangs.
    /// - Parameters:
    ///   - path: of what is touched, for the error.
    ///   - onHang: Called once, on another thread, if `body` is given up; it may return all the same, or never.
    func touch<Result>(
        _ path: @autoclosure () -> String, at place: Place, for touching: Touching = .reading,
        onHang: (@Sendable (FileError) -> Void)? = nil, _ body: () throws(FileError) -> Result
    ) throws(FileError) -> Result {
        if knowsPlaces.load(ordering: .acquiring), state.withLock({ Self.hangs(place, $0) }) {
            throw FileError.hanging(path())
        }
        let number = count.add(1, ordering: .relaxed).newValue
        let shelf = shelves[number % shelves.count]
        let end = time + patience(for: touching)
        shelf.begin(Touch(number: number, place: place, end: end, waiter: Self.waiter, onHang: onHang))
        defer { shelf.end(number) }
        return try body()
    }

    /// The same for a directory.
    func touch<Result>(
        _ path: @autoclosure () -> String, in directory: String, for touching: Touching = .reading,
        _ body: () throws(FileError) -> Result
    ) throws(FileError) -> Result {
        try touch(path(), at: .directory(directory), for: touching, body)
    }

    /// How many threads were left behind.
    var lost: Int { state.withLock(\.lost) }

    func lose(_ threads: Int) { state.withLock { $0.lost += threads } }

    /// Whoever looks does so every second at least.
    private static let longestGap: Duration = .seconds(3)

    /// Gives up what has been waited for too long.
    func giveUp() {
        let now = time
        let given = state.withLock { state -> [Touch] in
            // The process stood still, or the whole host did: that was no disk's doing. Whoever looks at the same time
            // comes after this, and finds it made good.
            let gap = now - state.lastLook
            state.lastLook = max(state.lastLook, now)
            let given = shelves.flatMap { $0.overdue(now, delay: gap > Self.longestGap ? gap : .zero) }
            for touch in given where state.places.insert(touch.place).inserted {
                guard case .directory(let directory) = touch.place,
                    let mount = RemoteMount.point(over: Self.absolute(directory)), !state.mounts.contains(mount)
                else { continue }
                state.mounts.append(mount)
            }
            if !given.isEmpty { knowsPlaces.store(true, ordering: .releasing) }
            return given
        }
        for touch in given {
            touch.waiter?.giveUp()
            touch.onHang?(FileError.hanging(touch.place.path))
        }
    }

    private static func hangs(_ place: Place, _ state: State) -> Bool {
        if state.places.contains(place) { return true }
        let directory =
            switch place {
            case .directory(let directory): directory
            case .link(let path): LexicalPath.directory(of: path)
            }
        if state.places.contains(.directory(directory)) { return true }
        guard !state.mounts.isEmpty else { return false }
        let absolute = absolute(directory)
        return state.mounts.contains { absolute == $0 || absolute.hasPrefix($0 + "/") }
    }

    private static func absolute(_ directory: String) -> String {
        LexicalPath.resolve(directory, in: FileManager.default.currentDirectoryPath)
    }
}
