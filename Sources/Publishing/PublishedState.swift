// SPDX-License-Identifier: Apache-2.0

internal import DurableFiles
package import Model
internal import Processes

/// The published tokens of a run's brands: in their own files, and in shared destinations.
package final class PublishedState: Sendable {
    private let directories: OutputDirectories
    /// The shared destinations with a brand of the run.
    package let destinations: [any SharedDestination]
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
        of configuration: Configuration, _ brands: [Brand], in directories: OutputDirectories,
        others: [any SharedDestination] = [], stop: Cancellation? = nil
    ) {
        self.directories = directories
        self.stop = stop
        let collisions = directories.examine(configuration, stop: stop)
        self.collisions = collisions
        let chosen = brands.count == configuration.brands.count ? nil : Set(brands.map(\.name))
        func isOwn(_ destination: any SharedDestination) -> Bool {
            chosen.map { chosen in destination.brands.contains(where: chosen.contains) } ?? true
        }
        let snippets = configuration.snippets.map { snippet in
            SnippetFile(snippet, in: directories, collision: collisions[snippet.path])
        }.filter(isOwn)
        let others = others.filter(isOwn)
        destinations = snippets + others
        // A file may hang although its directory responded. The other destinations have time limits of their own.
        let pool = directories.pool
        _ = pool.map(snippets.count, within: directories.patience, grouping: 1, onCancel: { stop?.onStop($0) }) {
            snippets[$0].read()
        }
        _ = pool.map(others.count, within: nil, grouping: 1, onCancel: { stop?.onStop($0) }) { others[$0].read() }
        var memberships: [String: [any SharedDestination]] = [:]
        for destination in destinations {
            for name in destination.brands where chosen?.contains(name) ?? true {
                if memberships[name]?.last === destination { continue }
                memberships[name, default: []].append(destination)
            }
        }
        self.memberships = memberships
    }

    package func destinations(of brand: Brand) -> [any SharedDestination] { memberships[brand.name] ?? [] }

    /// Calls `judge` for each brand with its published tokens, on the threads of the pool. A disk that does not respond
    /// delays only the brands with files on it.
    ///
    /// - Parameter judge: gets a brand and the snapshots of its outputs, its own files first.
    /// - Returns: nil for each brand that was not judged before a stop.
    package func map<Judgement: Sendable>(
        _ brands: [Brand], _ judge: @escaping @Sendable (Brand, _ outputs: [OutputSnapshot]) -> Judgement
    ) -> [Judgement?] {
        var judgements = directories.pool.map(
            brands.count, within: directories.patience, onCancel: { [stop] handler in stop?.onStop(handler) }
        ) { [self] index in
            judge(brands[index], snapshots(of: brands[index]))
        }
        guard stop?.reason == nil else { return judgements }
        // The directory responded, but the file does not.
        for index in brands.indices where judgements[index] == nil {
            judgements[index] = judge(brands[index], snapshots(of: brands[index], isHanging: true))
        }
        return judgements
    }

    private func snapshots(of brand: Brand, isHanging: Bool = false) -> [OutputSnapshot] {
        var snapshots = brand.outputs.map { output in
            // A file with a collision belongs to another brand or to an input.
            let refusal =
                isHanging ? BrandFailure(.outputRefused, FileError.hanging(output.path)) : collisions[output.path]
            guard let refusal else { return directories.read(output, of: brand) }
            return OutputSnapshot(
                path: output.path, symlinks: output.symlinks, state: .noToken(isHanging ? .inaccessible : .refused),
                refusal: refusal)
        }
        for destination in destinations(of: brand) { snapshots += destination.snapshots(of: brand) }
        return snapshots
    }
}
