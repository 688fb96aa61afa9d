// SPDX-License-Identifier: Apache-2.0

internal import DurableFiles
internal import Model

extension OutputDirectories {
    private struct Place: Hashable, Sendable {
        let directory: Directory.Identity
        let name: String
    }

    /// Finds outputs that several paths lead to, through linked or bind-mounted directories or links that are followed:
    /// published to by two brands, such a file would hold a foreign token. Finds outputs that lead to what the run reads.
    ///
    /// Covers all brands: what a run leaves alone must not be lost by it either.
    ///
    /// - Returns: by path, why all but the first of the outputs at one place are refused.
    func collisions(in configuration: Configuration) -> [String: BrandFailure] {
        var published: Set<String> = []
        var followsLinks = false
        var last = ""
        configuration.forEachFile(of: configuration.brands.indices) { path, symlinks in
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
            // Nothing is published there: its owner may do with it as they please.
            identities[directory] = try? Directory(path: directory, use: .reading).identity()
        }
        // No link is followed and all directories are different.
        guard followsLinks || Set(identities.values).count < identities.count else { return [:] }
        return collisions(in: configuration, identities)
    }

    private func collisions(
        in configuration: Configuration, _ identities: [String: Directory.Identity]
    ) -> [String: BrandFailure] {
        var read: [Place: RunInput] = [:]
        configuration.forEachInput { path, input in
            // What cannot be opened is reported when it is read.
            guard let location = try? FileLocation(path: path), let directory = identities[location.directory]
            else { return }
            read[Place(directory: directory, name: location.name)] = input
        }
        var found: [String: BrandFailure] = [:]
        var first: [Place: String] = [:]
        configuration.forEachFile(of: configuration.brands.indices) { path, symlinks in
            guard let location = try? location(path, symlinks),
                let identity = identities[location.directory] ?? (try? directory(location.directory).identity())
            else { return }
            let place = Place(directory: identity, name: location.name)
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
}
