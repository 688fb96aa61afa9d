// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// One sentence for people: what is wrong, where, and what to do.
extension FileError: CustomStringConvertible {
    package var description: String {
        "\(Self.printable(path)): \(sentence)\(systemText)"
    }

    private var sentence: String {
        switch reason {
        case .missing: "the file does not exist"
        case .directoryMissing: "the directory does not exist; create it, owned by the user that runs this"
        case .notADirectory: "a part of the path is not a directory"
        case .directoryNotTrusted(.ownedByStranger(let owner)):
            "the directory belongs to user \(owner), who could replace what is written there; "
                + "give it to the user that runs this, or to root"
        case .directoryNotTrusted(.writableByOthers):
            "anybody may replace files in this directory; take the right away (chmod o-w), "
                + "or use a subdirectory made for this"
        case .isSymlink:
            "is a symbolic link; name the real file, or allow links to be followed for this output"
        case .symlinkLoop: "the symbolic links lead in a circle or through too many steps"
        case .symlinkNotTrusted(let owner):
            "is a symbolic link made by user \(owner), and such links are not followed; name the real file"
        case .isMountPoint: "is a mount point and cannot be replaced; mount the directory instead of the file"
        case .notARegularFile(let kind): "is \(kind.rawValue), not a regular file"
        case .foreign:
            "holds something that this program did not write, and is left alone; name another file, or remove it"
        case .invalidName:
            "is no usable file name: at most \(TemporaryName.longestTarget) bytes, not a directory"
        case .notPermitted: notPermitted
        case .readOnly: "the file system is read-only"
        case .noSpace: "no space, inodes or quota left \(phase)"
        case .tooLarge: "is larger than allowed"
        case .ownerRefused:
            "the owner or group could not be set: the user that runs this is not in that group, or a sandbox forbids "
                + "it; leave `group` out or add the user to it; under systemd, use the drop-in foreign-group.conf"
        case .busy: "is in use"
        case .lockUnsupported: "this file system has no locks for this file; use a local file system"
        case .tooManyOpenFiles: "too many open files; raise the limit (ulimit -n, LimitNOFILE=)"
        case .unstable: "keeps changing while it is read; try again when nobody writes it"
        case .hanging:
            "its disk does not answer, and is not waited for; a network mount whose server is gone hangs so (mount it soft)"
        case .durabilityUnknown:
            "the new content is published, but the disk did not confirm it: it may be lost if the power fails"
        case .other: "failed \(phase)"
        }
    }

    private var notPermitted: String {
        switch operation {
        case .create: "the directory may not be written by the user that runs this"
        case .rename:
            "may not be replaced: it is immutable, or belongs to somebody else in a directory with the sticky bit"
        default: "not permitted \(phase)"
        }
    }

    private var phase: String {
        switch operation {
        case .open: "while opening"
        case .look: "while looking at it"
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

/// The system's words for an error number.
func systemErrorText(_ number: Int32) -> String {
    // strerror_r(3) is safe on several threads; what it cannot name it numbers.
    unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 128) { text in
        guard let start = text.baseAddress, unsafe strerror_r(number, start, text.count) == 0 else {
            return "error \(number)"
        }
        return unsafe String(cString: start)
    }
}
