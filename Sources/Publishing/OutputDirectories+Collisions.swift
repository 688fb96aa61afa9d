// SPDX-License-Identifier: Apache-2.0

internal import DurableFiles
internal import Model

extension OutputDirectories {
    private struct Place: Hashable, Sendable {
        let directory: Directory.Identity
        let name: String
    }

    /// Finds outputs that are the same file by different paths: through linked or bind-mounted directories or followed
    /// links. Two brands would replace each other's token there. Also finds outputs that are inputs of the run.
    ///
    /// Covers all brands, so that a run of some brands does not replace files of the others.
    ///
    /// - Returns: by path, why an output is refused. The first output of each file is accepted.
    func collisions(in configuration: Configuration) -> [String: BrandFailure] {
        var published: Set<String> = []
        var followsLinks = false
        var last = ""
        configuration.forEachFile { path, symlinks in
            followsLinks = followsLinks || symlinks == .follow
            guard let location = try? FileLocation(path: path), !location.isIn(last) else { return }
            last = location.directory
            published.insert(last)
        }
        var identities: [String: Directory.Identity] = [:]
        for path in published { identities[path] = try? directory(path).identity() }
        configuration.forEachInput { path, _ in
            guard let directory = (try? FileLocation(path: path))?.directory, identities[directory] == nil,
                !isHanging(directory)
            else { return }
            // The run does not publish there, so it does not check the owner.
            identities[directory] = try? Directory(path: directory, use: .reading).identity()
        }
        // There are no collisions if no link is followed and all directories are different.
        guard followsLinks || Set(identities.values).count < identities.count else { return [:] }
        return collisions(in: configuration, identities)
    }

    private func collisions(
        in configuration: Configuration, _ identities: [String: Directory.Identity]
    ) -> [String: BrandFailure] {
        var read: [Place: RunInput] = [:]
        configuration.forEachInput { path, input in
            // A file that cannot be opened is reported when it is read.
            guard let location = try? FileLocation(path: path), let directory = identities[location.directory]
            else { return }
            read[Place(directory: directory, name: location.name)] = input
        }
        var found: [String: BrandFailure] = [:]
        var first: [Place: String] = [:]
        configuration.forEachFile { path, symlinks in
            guard let location = try? location(path, symlinks),
                let identity = identities[location.directory] ?? (try? directory(location.directory).identity())
            else { return }
            let place = Place(directory: identity, name: location.name)
            if let input = read[place] {
                found[path] = BrandFailure(
                    .outputRefused, "\(path) is \(input.words), by another path; choose another file for the token")
            } else if let other = first[place] {
                found[path] = BrandFailure(.outputRefused, "\(path) is the same file as \(other); choose another file")
            } else {
                first[place] = path
            }
        }
        return found
    }
}
