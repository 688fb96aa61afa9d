// SPDX-License-Identifier: Apache-2.0

internal import CLinux
internal import Glibc

/// The one place that turns −1 into an error number. An interrupted call is made again; `close` does not come here.
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
    /// Whether the kernel would take it for shorter than it is.
    var hasZeroByte: Bool { unsafe withCString { unsafe strlen($0) } < utf8.count }
}

/// An open file, closed when its owner goes.
struct Descriptor: ~Copyable, Sendable {
    private(set) var number: Int32

    init(owning number: Int32) {
        self.number = number
    }

    /// Closes once, whatever it answers: on Linux the descriptor is gone even after an error, and a second close
    /// would hit somebody else's file (close(2)). An interruption is no error, since `fsync` came before.
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

/// Writes everything to an open file, in as many calls as it takes.
func writeAll(_ contents: [UInt8], to number: Int32, path: @autoclosure () -> String) throws(FileError) {
    var written = 0
    while written < contents.count {
        let count = try attempt(.write, path()) {
            unsafe contents.withUnsafeBytes { bytes in
                let rest = unsafe UnsafeRawBufferPointer(rebasing: bytes[written...])
                return unsafe Glibc.write(number, rest.baseAddress, rest.count)
            }
        }
        // A device that takes nothing and names no error would be asked for ever.
        guard count > 0 else { throw FileError(.write, path(), errorNumber: EIO) }
        written += count
    }
}

/// Looks at an open directory or file.
func look(_ descriptor: borrowing Descriptor, path: @autoclosure () -> String) throws(FileError) -> linux_status {
    var status = linux_status()
    let number = descriptor.number
    try attempt(.look, path()) { unsafe linux_look_at_open(number, &status) }
    return status
}

/// Looks at a name without following a symbolic link; an empty name is the directory or file itself.
func look(_ descriptor: borrowing Descriptor, _ name: String, path: @autoclosure () -> String)
    throws(FileError) -> linux_status
{
    var status = linux_status()
    let number = descriptor.number
    try attempt(.look, path()) { unsafe linux_look(number, name, &status) }
    return status
}

/// The same of a name that need not be there, which is no error: nil then.
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

/// Overwrites bytes in place in a way that no optimiser removes, then empties the array.
func wipe(_ bytes: inout [UInt8]) {
    unsafe bytes.withUnsafeMutableBytes { storage in
        if let start = storage.baseAddress { unsafe explicit_bzero(start, storage.count) }
    }
    bytes = []
}
