// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// Why something could not be done with a file: which step, where, and what to do about it. It never holds contents.
package struct FileError: Error, Sendable, Equatable {
    /// The step that failed, named after its system call where there is one.
    package enum Operation: String, Sendable {
        case open, look, read, create, write
        /// Setting the owner, then the mode, on the temporary file.
        case setOwner = "fchown"
        case setMode = "fchmod"
        case removeAccessList = "fremovexattr"
        case synchronize = "fsync"
        case close, rename
        case followSymlink = "readlink"
        case lock = "flock"
        /// Removing a leftover.
        case unlink
    }

    /// What stands in the way, as far as it makes a difference to anybody.
    package enum Reason: Sendable, Equatable {
        /// The file to read does not exist.
        case missing
        case directoryMissing
        case notADirectory
        case directoryNotTrusted(Distrust)
        /// The name is a symbolic link and the caller does not follow those.
        case isSymlink
        case symlinkLoop
        /// A link that somebody else put there is never followed.
        case symlinkNotTrusted(owner: UInt32)
        case isMountPoint
        case notARegularFile(FileKind)
        /// What stands there was not written by this program.
        case foreign
        /// Empty, a path, or longer than the file system takes with the temporary file's marks around it.
        case invalidName
        case notPermitted
        case readOnly
        /// No blocks, no inodes or no quota left.
        case noSpace
        /// Above the reader's limit, or above what this process may write.
        case tooLarge
        /// The owner or group asked for could not be given.
        case ownerRefused
        case busy
        case lockUnsupported
        case tooManyOpenFiles
        /// The file changed while it was read.
        case unstable
        /// The disk does not answer, and is not waited for.
        case hanging
        /// The new content is visible, but may be lost again should the power fail now.
        case durabilityUnknown
        /// Nothing that has a cure of its own; the error number tells.
        case other
    }

    /// Who else could replace what stands in a directory.
    package enum Distrust: Sendable, Equatable {
        case ownedByStranger(UInt32)
        /// Others may write, and no sticky bit keeps them from replacing files that are not theirs.
        case writableByOthers
    }

    package let operation: Operation
    package let path: String
    /// The system's error number, or 0 where a check of our own said no.
    package let errorNumber: Int32
    package let reason: Reason

    /// Of a file with a content that its writer knows nothing of.
    package static func foreign(_ path: String) -> FileError { FileError(.look, path, .foreign) }

    /// Of a directory with new files that was not synced in time.
    package static func durabilityUnknown(_ path: String) -> FileError {
        FileError(.synchronize, path, .durabilityUnknown)
    }

    /// Of a file that whoever waited for it has given up.
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

/// What a name stands for, by `st_mode`.
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
