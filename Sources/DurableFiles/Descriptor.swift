// SPDX-License-Identifier: Apache-2.0

internal import CLinux
internal import Glibc

/// The only place that turns −1 into an error number. Repeats an interrupted call. Not for `close`.
@discardableResult
func attempt<Result: FixedWidthInteger>(
    _ operation: FileError.Operation, _ path: @autoclosure () -> String, _ call: () -> Result
) throws(FileError) -> Result {
    while true {
        let result = call()
        if result != -1 { return result }
        let number = errno
        if number != EINTR { throw FileError(operation, path(), errorNumber: number) }
    }
}

extension String {
    /// Whether a C string would be shorter than this text.
    var hasZeroByte: Bool { unsafe withCString { unsafe strlen($0) } < utf8.count }
}

/// Overwrites the bytes so that no optimiser removes it, then empties the array.
func wipe(_ bytes: inout [UInt8]) {
    unsafe bytes.withUnsafeMutableBytes { storage in
        if let start = storage.baseAddress { unsafe explicit_bzero(start, storage.count) }
    }
    bytes = []
}

/// The flags for a name that may be a pipe or a device: opening it does not wait.
let withoutWaiting = O_NONBLOCK | O_NOCTTY

/// An open file descriptor, closed with its owner. Each `path` is for errors.
struct Descriptor: ~Copyable, Sendable {
    /// −1 after ``close(_:)``.
    private(set) var number: Int32

    init(owning number: Int32) {
        self.number = number
    }

    /// Opens a path, or a name in a directory. Closed on exec.
    init(
        opening name: String, in directory: Int32 = AT_FDCWD, _ flags: Int32, mode: mode_t = 0,
        operation: FileError.Operation = .open, path: @autoclosure () -> String
    ) throws(FileError) {
        guard !name.hasZeroByte else { throw FileError(operation, path(), .invalidName) }
        number = try attempt(operation, path()) {
            unsafe name.withCString { name in unsafe openat(directory, name, flags | O_CLOEXEC, mode) }
        }
    }

    deinit {
        if number >= 0 { _ = Glibc.close(number) }
    }

    /// Closes once. On Linux the descriptor is free even after an error, and a second close could hit another file
    /// (close(2)). An interruption is no error, since `fsync` came before.
    mutating func close(_ path: @autoclosure () -> String) throws(FileError) {
        let closing = number
        number = -1
        guard Glibc.close(closing) != 0 else { return }
        let errorNumber = errno
        if errorNumber != EINTR { throw FileError(.close, path(), errorNumber: errorNumber) }
    }

    func status(_ path: @autoclosure () -> String) throws(FileError) -> linux_status {
        var status = linux_status()
        try attempt(.look, path()) { unsafe linux_look_at_open(number, &status) }
        return status
    }

    /// The status, if this is a regular file.
    func regularStatus(_ path: @autoclosure () -> String) throws(FileError) -> linux_status {
        let status = try status(path())
        let kind = FileKind(mode: status.mode)
        guard kind == .regular else { throw FileError(.open, path(), .notARegularFile(kind)) }
        return status
    }

    /// The status of a name in this directory, without following a symbolic link; nil if it does not exist.
    func status(of location: FileLocation, _ path: @autoclosure () -> String) throws(FileError) -> linux_status? {
        var status = linux_status()
        let found = try attempt(.look, path()) {
            let result = unsafe location.withName { name in unsafe linux_look(number, name, &status) }
            return result == -1 && errno == ENOENT ? 1 : result
        }
        return found == 0 ? status : nil
    }

    /// As ``InputFile/lock(waitingUntil:isCancelled:)``.
    func lock(
        _ path: String, waitingUntil deadline: ContinuousClock.Instant?, isCancelled: () -> Bool = { false }
    ) throws(FileError) -> Bool {
        while true {
            do {
                try attempt(.lock, path) { flock(number, LOCK_EX | LOCK_NB) }
                return true
            } catch {
                guard error.errorNumber == EWOULDBLOCK else { throw error }
            }
            guard let deadline, !isCancelled() else { return false }
            let left = ContinuousClock.now.duration(to: deadline)
            guard left > .zero else { return false }
            let pause = min(left, .milliseconds(100))
            // poll(2) without descriptors sleeps for milliseconds. Rounded up, so that the last one is no busy wait.
            _ = poll(nil, 0, Int32(pause.components.attoseconds / 1_000_000_000_000_000) + 1)
        }
    }

    func write(_ contents: [UInt8], _ path: @autoclosure () -> String) throws(FileError) {
        var written = 0
        while written < contents.count {
            let count = try attempt(.write, path()) {
                unsafe contents.withUnsafeBytes { bytes in
                    let rest = unsafe UnsafeRawBufferPointer(rebasing: bytes[written...])
                    return unsafe Glibc.write(number, rest.baseAddress, rest.count)
                }
            }
            // A device that accepts no bytes and reports no error would be retried forever.
            guard count > 0 else { throw FileError(.write, path(), errorNumber: EIO) }
            written += count
        }
    }

    /// Reads the whole file into one buffer.
    /// - Parameter size: Size from the file status; 0 also means "unknown to the kernel" (procfs).
    /// - Throws: ``FileError/Reason/unstable`` if the file grew. The bytes read so far are wiped.
    func read(size: UInt64, maximumSize: Int, _ path: @autoclosure () -> String) throws(FileError) -> [UInt8] {
        guard size <= UInt64(maximumSize) else { throw FileError(.read, path(), .tooLarge) }
        // One byte more than expected: a full buffer means that there is more.
        let capacity = (size > 0 ? Int(size) : maximumSize) + 1
        var failure: FileError?
        var bytes = unsafe [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
            do throws(FileError) {
                while count < capacity {
                    let read = try attempt(.read, path()) {
                        guard let start = buffer.baseAddress else { return 0 }
                        return unsafe pread(number, start + count, capacity - count, off_t(count))
                    }
                    count += read
                    // A short read of a regular file means its end. Equal sizes save the last call, which would
                    // return 0.
                    if read == 0 || UInt64(count) == size { break }
                }
            } catch {
                failure = error
            }
        }
        if failure == nil, bytes.count == capacity {
            failure = FileError(.read, path(), size > 0 ? .unstable : .tooLarge)
        }
        if let failure {
            wipe(&bytes)
            throw failure
        }
        return bytes
    }
}
