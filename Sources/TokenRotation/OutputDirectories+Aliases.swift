// SPDX-License-Identifier: Apache-2.0

internal import DurableFiles
internal import Model

extension OutputDirectories {
    private struct Place: Hashable, Sendable {
        let directory: Directory.Identity
        let name: String
    }

    /// The directories that paths name, each once.
    private struct Names: Sendable {
        private(set) var all: [String] = []
        private var known: Set<String> = []
        /// Mostly ten thousand paths in a row name the same one.
        private var last = ""

        mutating func note(_ path: String) {
            guard let location = try? FileLocation(path: path), !location.isIn(last) else { return }
            last = location.directory
            if known.insert(last).inserted { all.append(last) }
        }
    }

    /// Finds outputs that several paths lead to, through linked or bind-mounted directories or links that are followed:
    /// published to by two brands, such a file would hold a foreign token. And those that lead to what the run reads.
    ///
    /// Of all brands: what a run leaves alone must not be lost by it either.
    ///
    /// - Returns: by path, why all but the first of the outputs at one place are refused.
    func aliases(in configuration: Configuration, stop: StopRequest?) -> [String: BrandFailure] {
        var names = Names()
        var followsLinks = false
        configuration.forEachFile(of: configuration.brands.indices) { path, symlinks in
            names.note(path)
            followsLinks = followsLinks || symlinks == .follow
        }
        let published = names.all.count
        configuration.forEachInput { path, _ in names.note(path) }
        let identities = identities(of: names.all, published: published, stop)
        // No link is followed and all directories are different.
        guard followsLinks || Set(identities.values).count < identities.count else { return [:] }
        return aliases(in: configuration, identities, stop)
    }

    private func aliases(
        in configuration: Configuration, _ identities: [String: Directory.Identity], _ stop: StopRequest?
    ) -> [String: BrandFailure] {
        var read: [Place: RunInput] = [:]
        configuration.forEachInput { path, input in
            // What cannot be opened is told of when it is read.
            guard let location = try? FileLocation(path: path), let directory = identities[location.directory]
            else { return }
            read[Place(directory: directory, name: location.name)] = input
        }
        var files: [(path: String, symlinks: SymlinkPolicy)] = []
        configuration.forEachFile(of: configuration.brands.indices) { files.append(($0, $1)) }
        var found: [String: BrandFailure] = [:]
        var first: [Place: String] = [:]
        for ((path, _), place) in zip(files, places(of: files, identities, stop)) {
            // What cannot be opened is told of when it is surveyed.
            guard let place else { continue }
            if let input = read[place] {
                found[path] = BrandFailure(
                    .outputRefused, "\(path) is \(input.words), by another path; give the token a file of its own")
            } else if let other = first[place] {
                found[path] = BrandFailure(.outputRefused, "\(path) is the same file as \(other); give it its own")
            } else {
                first[place] = path
            }
        }
        return found
    }

    /// Where each of these files really stands.
    private func places(
        of files: [(path: String, symlinks: SymlinkPolicy)], _ identities: [String: Directory.Identity],
        _ stop: StopRequest?
    ) -> [Place?] {
        PatientWalk.map(
            files.count, watch, stop: stop,
            work: { [self] index in
                guard let location = try? location(files[index].path, files[index].symlinks),
                    let identity = identities[location.directory]
                        ?? identity(of: location.directory, isPublishedTo: true)
                else { return nil }
                return Place(directory: identity, name: location.name)
            },
            failing: { _, _ in nil })
    }

    /// What tells directories from each other, as far as they can be opened.
    /// - Parameter published: how many of them, from the first, are published to.
    private func identities(
        of directories: [String], published: Int, _ stop: StopRequest?
    ) -> [String: Directory.Identity] {
        PatientWalk.run(
            directories.count, watch, stop: stop, into: [:],
            work: { [self] index in identity(of: directories[index], isPublishedTo: index < published) },
            failing: { _, _ in nil },
            add: { identities, index, identity in identities[directories[index]] = identity })
    }

    private func identity(of path: String, isPublishedTo: Bool) -> Directory.Identity? {
        try? watch.touch(path, in: path) { () throws(FileError) in
            // Nothing is published to the others: whoever owns such a directory may do with it as they please.
            try (isPublishedTo ? directory(path) : Directory(path: path, use: .reading)).identity()
        }
    }
}
