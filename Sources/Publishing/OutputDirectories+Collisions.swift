// SPDX-License-Identifier: Apache-2.0

internal import DurableFiles
internal import Model
internal import Processes

extension OutputDirectories {
    /// Probes the disks of all files. Then finds outputs that are inputs of the run, or that are the same file by
    /// different paths: through linked or bind-mounted directories or followed links. Covers all brands, so that a run
    /// of some brands does not replace files of the others.
    ///
    /// - Parameter stop: ends the wait.
    /// - Returns: by path, why an output is refused. The first output of each file is accepted.
    func examine(_ configuration: Configuration, stop: Cancellation?) -> [String: BrandFailure] {
        var published: Set<String> = []
        var links: [String] = []
        var last = ""
        configuration.forEachFile { path, symlinks in
            if symlinks == .follow { links.append(path) }
            guard let location = try? FileLocation(path: path), !location.isIn(last) else { return }
            last = location.directory
            published.insert(last)
        }
        var inputs: Set<String> = []
        configuration.forEachInput { path, _ in inputs.insert(LexicalPath.directory(of: path)) }
        probe(directories: published, inputs: inputs, links: links, stop: stop)
        let followsLinks = !links.isEmpty
        let found = pool.map(1, within: nil, onCancel: { stop?.onStop($0) }) { [self, published, inputs] _ in
            collisions(in: configuration, published, inputs, followsLinks: followsLinks)
        }
        return found.first.flatMap { $0 } ?? [:]
    }

    private func collisions(
        in configuration: Configuration, _ published: Set<String>, _ inputs: Set<String>, followsLinks: Bool
    ) -> [String: BrandFailure] {
        var identities: [String: Directory.Identity] = [:]
        for path in published { identities[path] = try? directory(path).identity() }
        for path in inputs where !isHanging(path) {
            let directory = path.isEmpty ? "." : path
            guard identities[directory] == nil else { continue }
            // The run does not publish there, so it does not check the owner.
            identities[directory] = try? Directory(path: directory, use: .reading).identity()
        }
        // There are no collisions if no link is followed and all directories are different.
        guard followsLinks || Set(identities.values).count < identities.count else { return [:] }
        struct Place: Hashable {
            let directory: Directory.Identity
            let name: String
        }
        var read: [Place: String] = [:]
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
                    .outputRefused, "\(path) is \(input), by another path; choose another file for the token")
            } else if let other = first[place] {
                found[path] = BrandFailure(.outputRefused, "\(path) is the same file as \(other); choose another file")
            } else {
                first[place] = path
            }
        }
        return found
    }
}
