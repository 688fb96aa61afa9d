// SPDX-License-Identifier: Apache-2.0

internal import DurableFiles

extension OutputDirectories {
    private struct Place: Hashable, Sendable {
        let directory: Directory.Identity
        let name: String
    }

    /// Finds outputs that several paths lead to, through linked or bind-mounted directories or links that are followed:
    /// published to by two brands, such a file would hold a foreign token. And those that lead to what the run reads.
    ///
    /// - Returns: by path, why all but the first of the outputs at one place are refused.
    func aliases(
        in files: [(path: String, symlinks: SymlinkPolicy)], sparing inputs: [(path: String, input: RunInput)],
        stop: StopRequest?
    ) -> [String: BrandFailure] {
        var found: [String: BrandFailure] = [:]
        let identities = identities(of: files.lazy.map(\.path), inputs.lazy.map(\.path), stop)
        // No link is followed and all directories are different.
        guard files.contains(where: { $0.symlinks == .follow }) || Set(identities.values).count < identities.count
        else { return found }
        var read: [Place: RunInput] = [:]
        for (path, input) in inputs {
            // What cannot be opened is told of when it is read.
            guard let location = try? FileLocation(path: path), let directory = identities[location.directory]
            else { continue }
            read[Place(directory: directory, name: location.name)] = input
        }
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

    /// The directories that these paths name, as far as they can be opened.
    private func identities(
        of outputs: some Sequence<String>, _ inputs: some Sequence<String>, _ stop: StopRequest?
    ) -> [String: Directory.Identity] {
        var known: Set<String> = []
        func directories(of paths: some Sequence<String>) -> [String] {
            paths.compactMap { path in
                guard let directory = try? FileLocation(path: path).directory, known.insert(directory).inserted
                else { return nil }
                return directory
            }
        }
        let published = directories(of: outputs)
        let all = published + directories(of: inputs)
        return PatientWalk.run(
            all.count, watch, stop: stop, into: [:],
            work: { [self] index in identity(of: all[index], isPublishedTo: index < published.count) },
            failing: { _, _ in nil },
            add: { identities, index, identity in identities[all[index]] = identity })
    }

    private func identity(of path: String, isPublishedTo: Bool) -> Directory.Identity? {
        try? watch.touch(path, in: path) { () throws(FileError) in
            // Nothing is published to the others: whoever owns such a directory may do with it as they please.
            try (isPublishedTo ? directory(path) : Directory(path: path, use: .reading)).identity()
        }
    }
}
