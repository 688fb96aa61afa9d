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

/// An open file descriptor, closed with its owner.
struct Descriptor: ~Copyable, Sendable {
    private(set) var number: Int32

    init(owning number: Int32) {
        self.number = number
    }

    /// Closes once. On Linux the descriptor is free even after an error, and a second close could hit another file
    /// (close(2)). An interruption is no error, since `fsync` came before.
    consuming func close(_ path: @autoclosure () -> String) throws(FileError) {
        let closing = number
        number = -1
        guard Glibc.close(closing) != 0 else { return }
        let errorNumber = errno
        if errorNumber != EINTR { throw FileError(.close, path(), errorNumber: errorNumber) }
    }

    deinit {
        if number >= 0 { _ = Glibc.close(number) }
    }
}

/// Writes all bytes, in as many calls as needed.
func writeAll(_ contents: [UInt8], to number: Int32, path: @autoclosure () -> String) throws(FileError) {
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

/// The status of an open directory or file.
func look(_ descriptor: borrowing Descriptor, path: @autoclosure () -> String) throws(FileError) -> linux_status {
    var status = linux_status()
    let number = descriptor.number
    try attempt(.look, path()) { unsafe linux_look_at_open(number, &status) }
    return status
}

/// The status of a name, without following a symbolic link. An empty name is the descriptor itself.
func look(_ descriptor: borrowing Descriptor, _ name: String, path: @autoclosure () -> String)
    throws(FileError) -> linux_status
{
    var status = linux_status()
    let number = descriptor.number
    try attempt(.look, path()) { unsafe linux_look(number, name, &status) }
    return status
}

/// The status of a name; nil if it does not exist.
func lookIfPresent(_ descriptor: borrowing Descriptor, _ location: FileLocation, path: @autoclosure () -> String)
    throws(FileError) -> linux_status?
{
    var status = linux_status()
    let number = descriptor.number
    let found = try attempt(.look, path()) {
        let result = unsafe location.withName { name in unsafe linux_look(number, name, &status) }
        return result == -1 && errno == ENOENT ? 1 : result
    }
    return found == 0 ? status : nil
}

/// Overwrites the bytes so that no optimiser removes it, then empties the array.
func wipe(_ bytes: inout [UInt8]) {
    unsafe bytes.withUnsafeMutableBytes { storage in
        if let start = storage.baseAddress { unsafe explicit_bzero(start, storage.count) }
    }
    bytes = []
}
