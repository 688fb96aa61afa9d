// SPDX-License-Identifier: Apache-2.0

internal import DurableFiles
package import Model
package import Processes

/// The published tokens of a run's brands: in their own files, and in shared destinations.
package final class PublishedState: Sendable {
    private let reader: OutputReader
    /// The shared destinations with a brand of the run.
    package let destinations: [any SharedDestination]
    private let pool: WorkerPool
    private let stop: Cancellation?
    /// By path: why the path is refused, because another path is the same file.
    private let collisions: [String: BrandFailure]
    /// By name of the brand.
    private let memberships: [String: [any SharedDestination]]

    /// Probes the disks, and reads the shared destinations.
    /// - Parameters:
    ///   - brands: the brands of the run.
    ///   - others: shared destinations that are not files.
    ///   - stop: ends the reading. Unread files count as hanging.
    package init(
        of configuration: Configuration, _ brands: [Brand], publication: Publication, pool: WorkerPool,
        others: [any SharedDestination] = [], stop: Cancellation? = nil
    ) {
        self.pool = pool
        self.stop = stop
        let directories = publication.directories
        reader = OutputReader(directories: directories, accounts: publication.accounts)
        Self.probe(directories, configuration, stop)
        let onCancel: (@escaping @Sendable () -> Void) -> Void = { handler in stop?.onStop(handler) }
        let found = pool.map(1, within: nil, onCancel: onCancel) { _ in directories.collisions(in: configuration) }
        let collisions = found.first.flatMap { $0 } ?? [:]
        self.collisions = collisions
        let snippets = configuration.snippets.map { snippet in
            SnippetFile(snippet, publication: publication, collision: collisions[snippet.path])
        }
        let chosen = brands.count == configuration.brands.count ? nil : Set(brands.map(\.name))
        let own = (snippets + others).filter { destination in
            chosen.map { chosen in destination.brands.contains(where: chosen.contains) } ?? true
        }
        destinations = own
        _ = pool.map(own.count, within: nil, grouping: 1, onCancel: onCancel) { own[$0].read() }
        var memberships: [String: [any SharedDestination]] = [:]
        for destination in own {
            for name in destination.brands where chosen?.contains(name) ?? true {
                if memberships[name]?.last === destination { continue }
                memberships[name, default: []].append(destination)
            }
        }
        self.memberships = memberships
    }

    private static func probe(_ directories: OutputDirectories, _ configuration: Configuration, _ stop: Cancellation?) {
        var paths: Set<String> = []
        var links: [String] = []
        var last = ""
        configuration.forEachFile { path, symlinks in
            if symlinks == .follow { links.append(path) }
            guard let location = try? FileLocation(path: path), !location.isIn(last) else { return }
            last = location.directory
            paths.insert(last)
        }
        var inputs: Set<String> = []
        configuration.forEachInput { path, _ in inputs.insert(LexicalPath.directory(of: path)) }
        directories.probe(directories: paths, inputs: inputs, links: links, stop: stop)
    }

    /// The shared destinations with a place for the brand.
    package func destinations(of brand: Brand) -> [any SharedDestination] { memberships[brand.name] ?? [] }

    /// Calls `judge` for each brand with its published tokens, on the threads of the pool. A disk that does not respond
    /// delays only the brands with files on it.
    ///
    /// - Parameter judge: gets a brand and the snapshots of its outputs, its own files first.
    /// - Returns: nil for each brand that was not judged before a stop.
    package func map<Judgement: Sendable>(
        _ brands: [Brand], _ judge: @escaping @Sendable (Brand, _ outputs: [OutputSnapshot]) -> Judgement
    ) -> [Judgement?] {
        var judgements = pool.map(
            brands.count, within: reader.directories.patience, onCancel: { [stop] handler in stop?.onStop(handler) }
        ) { [self] index in
            judge(brands[index], snapshots(of: brands[index]))
        }
        guard stop?.reason == nil else { return judgements }
        // The directory responded, but the file does not.
        for index in brands.indices where judgements[index] == nil {
            judgements[index] = judge(brands[index], hanging(brands[index]))
        }
        return judgements
    }

    private func snapshots(of brand: Brand) -> [OutputSnapshot] {
        var snapshots = brand.outputs.map { output -> OutputSnapshot in
            guard !collisions.isEmpty, let refusal = collisions[output.path] else {
                return reader.read(output, of: brand)
            }
            // The file belongs to another brand or to an input.
            return OutputSnapshot(
                path: output.path, symlinks: output.symlinks, state: .noToken(.refused), refusal: refusal)
        }
        for destination in destinations(of: brand) { snapshots += destination.snapshots(of: brand) }
        return snapshots
    }

    private func hanging(_ brand: Brand) -> [OutputSnapshot] {
        let own = brand.outputs.map { output in
            OutputSnapshot(
                path: output.path, symlinks: output.symlinks, state: .noToken(.inaccessible),
                refusal: BrandFailure(.outputRefused, FileError.hanging(output.path)))
        }
        return own + destinations(of: brand).flatMap { $0.snapshots(of: brand) }
    }
}
