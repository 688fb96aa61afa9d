// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// What a published file is given, whatever the process's umask and the directory's default access list say.
package struct PublishedAttributes: Sendable, Equatable {
    /// Permission bits, at most 0o777.
    package var mode: UInt32
    /// nil: the user that the process runs as.
    package var owner: UInt32?
    /// nil: the group that the directory or the process gives.
    package var group: UInt32?

    package init(mode: UInt32 = 0o600, owner: UInt32? = nil, group: UInt32? = nil) {
        self.mode = mode
        self.owner = owner
        self.group = group
    }
}

/// Whose a file is, by numbers.
package struct FileOwnership: Sendable, Hashable {
    package let user: UInt32
    package let group: UInt32
}

extension Directory {
    /// Replaces the file under a name, or makes it: a reader sees the old whole file or the new whole file, also
    /// across a kill. Other hard links to the old file keep the old contents.
    ///
    /// After this the new content is visible; it is durable after ``synchronize()``, once for a batch.
    /// An error means that the old file is untouched and nothing is left behind.
    ///
    /// - Parameter isNew: whether nothing is thought to stand there: that is looked at only if it proves wrong.
    package func publish(
        _ contents: [UInt8], name: String, attributes: PublishedAttributes, isNew: Bool = false
    ) throws(FileError) {
        try publish(contents, name: name, attributes: attributes, isNew: isNew, random: RandomNumbers.next)
    }

    /// Does all that publishing under a name does before it is seen, then takes it back: whether there is a place, the
    /// rights and the space for it.
    /// - Returns: whose a published file would be.
    package func rehearse(name: String, attributes: PublishedAttributes) throws(FileError) -> FileOwnership {
        _ = try lookAtTarget(name)
        do {
            let pending = try PendingFile.create(in: self, target: name, random: RandomNumbers.next)
            // As much as a token takes.
            try pending.write([UInt8](repeating: 0, count: 1024))
            try pending.setAttributes(attributes)
            return try pending.ownership()
        } catch {
            // What is in the way is the directory's, and the same for every name in it.
            throw FileError(error.operation, path, error.reason, errorNumber: error.errorNumber)
        }
    }

    /// - Parameter random: what the temporary's name is made of.
    func publish(
        _ contents: [UInt8], name: String, attributes: PublishedAttributes, isNew: Bool = false, random: () -> UInt64
    ) throws(FileError) {
        if !isNew {
            _ = try lookAtTarget(name)
        } else if FileLocation(name: name) == nil {
            throw FileError(.look, path(of: name), .invalidName)
        }
        do {
            try publishOnce(contents, name: name, attributes: attributes, isNew: isNew, random: random)
        } catch {
            // One fresh temporary, written anew: what a failed fsync left of the first cannot be trusted.
            guard error.operation == .synchronize else { throw error }
            try publishOnce(contents, name: name, attributes: attributes, isNew: isNew, random: random)
        }
    }

    private func publishOnce(
        _ contents: [UInt8], name: String, attributes: PublishedAttributes, isNew: Bool, random: () -> UInt64
    ) throws(FileError) {
        var pending = try PendingFile.create(in: self, target: name, random: random)
        try pending.write(contents)
        try pending.setAttributes(attributes)
        try pending.synchronize()
        try pending.close()
        if isNew {
            if try pending.publishAsNew() { return }
            _ = try lookAtTarget(name)
        }
        try pending.publish()
    }
}
