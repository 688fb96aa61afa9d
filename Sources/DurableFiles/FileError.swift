// SPDX-License-Identifier: Apache-2.0

internal import CLinux
internal import Glibc

/// A failed file operation: the step, the path and the reason. It never holds file contents.
package struct FileError: Error, Sendable, Equatable {
    /// The failed step, named after its system call if there is one.
    package enum Operation: String, Sendable {
        case open, look, read, create, write
        case setOwner = "fchown"
        case setMode = "fchmod"
        case removeAccessList = "fremovexattr"
        case synchronize = "fsync"
        case close, rename, unlink
        case followSymlink = "readlink"
        case lock = "flock"
    }

    /// The cause, as far as the caller or the operator must act differently.
    package enum Reason: Sendable, Equatable {
        case missing, directoryMissing, notADirectory
        /// The owner could replace files in the directory.
        case directoryOfAnotherUser(UInt32)
        /// Others may write to the directory, and no sticky bit protects files that are not theirs.
        case directoryWritableByOthers
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
        case notPermitted, readOnly
        /// No blocks, inodes or quota left.
        case noSpace
        /// Above the limit of the reader, or the file size limit of this process.
        case tooLarge
        /// The requested owner or group could not be set.
        case ownerRefused
        case busy, lockUnsupported, tooManyOpenFiles
        /// The file changed while it was read.
        case unstable
        /// The disk does not respond, and the run no longer waits for it.
        case hanging
        /// The new content is visible, but a power failure may lose it.
        case durabilityUnknown
        /// No specific reason; see the error number.
        case other
    }

    package let operation: Operation
    package let path: String
    /// The system error number; 0 if a check of this module failed.
    package let errorNumber: Int32
    package let reason: Reason

    package static func hanging(_ path: String) -> FileError { FileError(.look, path, .hanging) }

    package init(_ operation: Operation, _ path: String, _ reason: Reason, errorNumber: Int32 = 0) {
        self.operation = operation
        self.path = path
        self.errorNumber = errorNumber
        self.reason = reason
    }

    init(_ operation: Operation, _ path: String, errorNumber: Int32) {
        self.init(operation, path, Reason(errorNumber, operation), errorNumber: errorNumber)
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
    fileprivate init(_ errorNumber: Int32, _ operation: FileError.Operation) {
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

extension FileError: CustomStringConvertible {
    package var description: String {
        "\(Self.printable(path)): \(sentence)\(systemText)"
    }

    private var sentence: String {
        switch reason {
        case .missing: "the file does not exist"
        case .directoryMissing: "the directory does not exist; create it, owned by the user that runs this"
        case .notADirectory: "a part of the path is not a directory; correct the path"
        case .directoryOfAnotherUser(let owner):
            "the directory belongs to user \(AccountNames.text(of: owner)), who could replace files in it; "
                + (geteuid() == 0
                    ? "run this as that user, not as root: `systemctl start doku-token-rotator.service`"
                    : "change its owner to the user that runs this, or to root")
        case .directoryWritableByOthers:
            "any user may replace files in this directory; remove that permission (chmod o-w), "
                + "or use another directory"
        case .isSymlink:
            "is a symbolic link; name the real file, or allow links to be followed for this output"
        case .symlinkLoop: "too many symbolic links, or a loop of links; name the real file"
        case .symlinkNotTrusted(let owner):
            "is a symbolic link that belongs to user \(owner), so it is not followed; name the real file"
        case .isMountPoint: "is a mount point and cannot be replaced; mount the directory instead of the file"
        case .notARegularFile(let kind): "is \(kind.rawValue), not a regular file; name a regular file"
        case .foreign:
            "was not written by this program, so it was not changed; remove it, or name another file"
        case .invalidName:
            "is not a valid file name; use at most \(TemporaryName.longestTarget) bytes, and do not name a directory"
        case .notPermitted: notPermitted
        case .readOnly: "the file system is read-only; use another one, or under systemd set ReadWritePaths="
        case .noSpace: "no space, inodes or quota left \(phase); free some"
        case .tooLarge: "is larger than allowed; name the right file"
        case .ownerRefused:
            "the owner or group could not be set: the user that runs this is not in that group, or a sandbox forbids "
                + "it; add the user to the group or leave `group` out; under systemd, use the drop-in foreign-group.conf"
        case .busy: "is in use; the next run tries again"
        case .lockUnsupported: "this file system does not support locks; use a local file system"
        case .tooManyOpenFiles: "too many open files; raise the limit (ulimit -n, LimitNOFILE=)"
        case .unstable: "changed while it was read; try again when no program writes it"
        case .hanging:
            "its disk does not respond, so the run no longer waits for it; check the disk or the server of the mount "
                + "(mount network file systems soft)"
        case .durabilityUnknown:
            "the new content is published, but the disk did not confirm it; a power failure may lose it; look for "
                + "errors of the disk in the kernel's log"
        case .other: "failed \(phase)"
        }
    }

    private var notPermitted: String {
        switch operation {
        case .create: "the user that runs this may not write to the directory; check its owner and mode"
        case .rename:
            "may not be replaced: it is immutable, or belongs to another user in a directory with the sticky bit"
        case .open: "not permitted while opening; \(barrier)"
        default: "not permitted \(phase); check its owner and mode"
        }
    }

    /// The file, or the directory on the way to it, that this process may not open.
    private var barrier: String {
        var subject = path
        var status = stat()
        while unsafe stat(subject, &status) != 0 {
            let parent = LexicalPath.directory(of: subject)
            guard !parent.isEmpty, parent != subject else { return "check the owners and modes of its directories" }
            subject = parent
        }
        let mode = String(status.st_mode & 0o7777, radix: 8)
        return "\(subject == path ? "it" : "its directory \(Self.printable(subject))") belongs to user "
            + "\(AccountNames.text(of: status.st_uid)), group \(status.st_gid), with mode 0\(mode), and this is user "
            + "\(AccountNames.text(of: geteuid())); give this user access"
    }

    private var phase: String {
        switch operation {
        case .open: "while opening"
        case .look: "while reading its status"
        case .read: "while reading"
        case .create: "while creating the temporary file; the old file is untouched"
        case .write: "while writing the temporary file; the old file is untouched"
        case .setOwner: "while setting the owner; the old file is untouched"
        case .setMode: "while setting the mode; the old file is untouched"
        case .removeAccessList: "while removing the inherited access list; the old file is untouched"
        case .synchronize: "while writing to disk; the old file is untouched"
        case .close: "while closing the temporary file; the old file is untouched"
        case .rename: "while replacing it; the old file is untouched"
        case .followSymlink: "while following the symbolic link"
        case .lock: "while locking"
        case .unlink: "while removing it"
        }
    }

    private var systemText: String {
        guard errorNumber != 0 else { return "" }
        return " (\(operation.rawValue): \(systemErrorText(errorNumber)))"
    }

    /// A path must not forge lines or colours in a log.
    private static func printable(_ path: String) -> String {
        let scalars = path.unicodeScalars.map { $0.properties.generalCategory == .control ? "?" : $0 }
        return String(String.UnicodeScalarView(scalars))
    }
}

/// The system text for an error number. strerror(3) is thread-safe since glibc 2.32, and this program needs 2.34.
func systemErrorText(_ number: Int32) -> String { unsafe String(cString: strerror(number)) }
