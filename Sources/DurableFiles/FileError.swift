// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// A failed file operation: the step, the path and the reason. It never holds file contents.
package struct FileError: Error, Sendable, Equatable {
    /// The failed step, named after its system call if there is one.
    package enum Operation: String, Sendable {
        case open, look, read, create, write
        /// Setting the owner of the temporary file.
        case setOwner = "fchown"
        case setMode = "fchmod"
        case removeAccessList = "fremovexattr"
        case synchronize = "fsync"
        case close, rename
        case followSymlink = "readlink"
        case lock = "flock"
        /// Removing a leftover temporary file.
        case unlink
    }

    /// The cause, as far as the caller or the operator must act differently.
    package enum Reason: Sendable, Equatable {
        /// The file to read does not exist.
        case missing
        case directoryMissing
        case notADirectory
        case directoryNotTrusted(Distrust)
        /// The name is a symbolic link and the caller does not follow links.
        case isSymlink
        case symlinkLoop
        /// The link belongs to a user other than this one or root.
        case symlinkNotTrusted(owner: UInt32)
        case isMountPoint
        case notARegularFile(FileKind)
        /// The file was not written by this program.
        case foreign
        /// Empty, a path, or too long for a temporary file name in the same directory.
        case invalidName
        case notPermitted
        case readOnly
        /// No blocks, inodes or quota left.
        case noSpace
        /// Above the limit of the reader, or the file size limit of this process.
        case tooLarge
        /// The requested owner or group could not be set.
        case ownerRefused
        case busy
        case lockUnsupported
        case tooManyOpenFiles
        /// The file changed while it was read.
        case unstable
        /// The disk does not respond, and the run no longer waits for it.
        case hanging
        /// The new content is visible, but a power failure may lose it.
        case durabilityUnknown
        /// No specific reason; see the error number.
        case other
    }

    /// Why another user could replace files in a directory.
    package enum Distrust: Sendable, Equatable {
        case ownedByStranger(UInt32)
        /// Others may write, and no sticky bit protects files that are not theirs.
        case writableByOthers
    }

    package let operation: Operation
    package let path: String
    /// The system error number; 0 if a check of this module failed.
    package let errorNumber: Int32
    package let reason: Reason

    /// A file whose content this program did not write.
    package static func foreign(_ path: String) -> FileError { FileError(.look, path, .foreign) }

    /// A directory with new files that was not synced in time.
    package static func durabilityUnknown(_ path: String) -> FileError {
        FileError(.synchronize, path, .durabilityUnknown)
    }

    /// A file whose disk did not respond in time.
    package static func hanging(_ path: String) -> FileError { FileError(.look, path, .hanging) }

    init(_ operation: Operation, _ path: String, _ reason: Reason, errorNumber: Int32 = 0) {
        self.operation = operation
        self.path = path
        self.errorNumber = errorNumber
        self.reason = reason
    }

    init(_ operation: Operation, _ path: String, errorNumber: Int32) {
        self.init(
            operation, path, Reason(errorNumber: errorNumber, operation: operation), errorNumber: errorNumber)
    }
}

/// The type of a file, from `st_mode`.
package enum FileKind: String, Sendable {
    case regular = "a regular file"
    case directory = "a directory"
    case symlink = "a symbolic link"
    case fifo = "a named pipe"
    case socket = "a socket"
    case characterDevice = "a character device"
    case blockDevice = "a block device"
    case unknown = "of an unknown kind"

    init(mode: UInt32) {
        self =
            switch mode & S_IFMT {
            case S_IFREG: .regular
            case S_IFDIR: .directory
            case S_IFLNK: .symlink
            case S_IFIFO: .fifo
            case S_IFSOCK: .socket
            case S_IFCHR: .characterDevice
            case S_IFBLK: .blockDevice
            default: .unknown
            }
    }
}

extension FileError.Reason {
    fileprivate init(errorNumber: Int32, operation: FileError.Operation) {
        self =
            switch (errorNumber, operation) {
            case (EPERM, .setOwner), (EINVAL, .setOwner): .ownerRefused
            case (EPERM, _), (EACCES, _): .notPermitted
            case (ENOENT, .open), (ENOENT, .look), (ENOENT, .followSymlink): .missing
            case (ENOTDIR, _): .notADirectory
            case (ELOOP, _): .symlinkLoop
            case (EISDIR, _): .notARegularFile(.directory)
            case (EBUSY, .rename): .isMountPoint
            case (EBUSY, _), (ETXTBSY, _): .busy
            case (EROFS, _): .readOnly
            case (ENOSPC, _), (EDQUOT, _): .noSpace
            case (EFBIG, _): .tooLarge
            case (ENAMETOOLONG, _): .invalidName
            case (EBADF, .lock), (ENOLCK, .lock), (EOPNOTSUPP, .lock), (ENOSYS, .lock), (EINVAL, .lock):
                .lockUnsupported
            case (EMFILE, _), (ENFILE, _): .tooManyOpenFiles
            default: .other
            }
    }
}
