// SPDX-License-Identifier: Apache-2.0

/// Attributes of a published file. Neither umask nor a default access list changes them.
package struct PublishedAttributes: Sendable, Equatable {
    /// Permission bits, at most 0o777.
    package var mode: UInt32
    /// nil: the user that the process runs as.
    package var owner: UInt32?
    /// nil: the group of the directory or the process.
    package var group: UInt32?

    package init(mode: UInt32 = 0o600, owner: UInt32? = nil, group: UInt32? = nil) {
        self.mode = mode
        self.owner = owner
        self.group = group
    }
}

package struct FileOwnership: Sendable, Hashable {
    package let user: UInt32
    package let group: UInt32
}

// Each location has this directory.
extension Directory {
    /// Creates or replaces a file atomically. A reader sees the whole old or the whole new file, even after a kill.
    /// Other hard links keep the old contents. The new content is durable after ``synchronize()``, once for a batch.
    /// After an error, the old file is unchanged and no temporary file is left.
    ///
    /// - Parameters:
    ///   - isNew: Whether the name should not exist yet. If it does, it is checked then.
    ///   - random: Makes the name of the temporary file.
    package func publish(
        _ contents: [UInt8], to location: FileLocation, attributes: PublishedAttributes, isNew: Bool = false,
        random: () -> UInt64 = RandomNumbers.next
    ) throws(FileError) {
        if !isNew { _ = try lookAtTarget(location) }
        do {
            try publishOnce(contents, to: location, attributes: attributes, isNew: isNew, random: random)
        } catch {
            // Retried once with a new temporary file: after a failed fsync, the first one cannot be trusted.
            guard error.operation == .synchronize else { throw error }
            try publishOnce(contents, to: location, attributes: attributes, isNew: isNew, random: random)
        }
    }

    private func publishOnce(
        _ contents: [UInt8], to location: FileLocation, attributes: PublishedAttributes, isNew: Bool,
        random: () -> UInt64
    ) throws(FileError) {
        var pending = try PendingFile.create(in: self, target: location.name, random: random)
        try pending.write(contents)
        try pending.setAttributes(attributes)
        try pending.synchronize()
        try pending.close()
        if isNew {
            if try pending.publish(isNew: true) { return }
            _ = try lookAtTarget(location)
        }
        try pending.publish()
    }

    /// Tries everything that publishing does before the rename. Finds missing permissions and a full disk.
    /// - Returns: The owner and group of a published file.
    package func probeWrite(_ location: FileLocation, attributes: PublishedAttributes) throws(FileError)
        -> FileOwnership
    {
        _ = try lookAtTarget(location)
        do {
            let pending = try PendingFile.create(in: self, target: location.name, random: RandomNumbers.next)
            // About the size of a token file.
            try pending.write([UInt8](repeating: 0, count: 1024))
            try pending.setAttributes(attributes)
            return try pending.ownership()
        } catch {
            // The cause is the directory, for every name in it.
            throw FileError(error.operation, path, error.reason, errorNumber: error.errorNumber)
        }
    }
}
