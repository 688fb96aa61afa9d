// SPDX-License-Identifier: Apache-2.0

internal import DurableFiles
internal import Model
internal import Processes
internal import Publishing

/// Checks whether each token can be published to its files, and whether their readers can reach them.
struct OutputCheckup {
    private let configuration: Configuration
    private let brands: [Brand]
    private let published: PublishedState
    private let directories: OutputDirectories
    /// By directory and attributes, because ten thousand outputs may share them.
    private var known: [Place: [Note]] = [:]

    private struct Place: Hashable {
        let directory: String
        let attributes: FileAttributes
    }

    /// A finding that applies to every file in a place.
    private struct Note {
        let result: HostFinding.Result
        let message: String
    }

    init(
        _ configuration: Configuration, _ brands: [Brand], _ published: PublishedState, _ directories: OutputDirectories
    ) {
        self.configuration = configuration
        self.brands = brands
        self.published = published
        self.directories = directories
    }

    consuming func findings() -> [HostFinding] {
        let refusals = published.map(brands) { _, outputs in outputs.map(\.refusal) }
        var findings: [HostFinding] = []
        for (brand, refusals) in zip(brands, refusals) {
            // A brand's own files come before its places in shared files.
            for (output, refusal) in zip(brand.outputs, refusals ?? []) {
                findings += self.findings(output.path, output.attributes, output.symlinks, refusal)
            }
        }
        for snippet in configuration.snippets {
            let refusal = published.destinations.first { $0.name == snippet.path }?.failure
            findings += self.findings(snippet.path, snippet.attributes, snippet.symlinks, refusal)
        }
        return findings
    }

    private mutating func findings(
        _ path: String, _ attributes: FileAttributes, _ symlinks: SymlinkPolicy, _ refusal: BrandFailure?
    ) -> [HostFinding] {
        if let refusal { return [HostFinding(.output, path, .fail, refusal.message)] }
        let directory = (try? directories.location(path, symlinks))?.directory ?? path
        let place = Place(directory: directory, attributes: attributes)
        let notes = known[place] ?? notes(path, attributes, symlinks)
        known[place] = notes
        return notes.map { HostFinding(.output, path, $0.result, $0.message) }
    }

    private func notes(_ path: String, _ attributes: FileAttributes, _ symlinks: SymlinkPolicy) -> [Note] {
        do {
            let resolved = try directories.accounts.resolve(attributes)
            let (directory, ownership) = try directories.probeWrite(path, attributes: resolved, symlinks: symlinks)
            let barriers = Self.readers(of: ownership, mode: resolved.mode).compactMap { reader in
                DirectoryReach.barrier(to: directory, for: reader).map { Self.note($0, reader, attributes) }
            }
            return barriers.isEmpty
                ? [Note(result: .ok, message: "can be written, and reached by its readers")] : barriers
        } catch let failure as BrandFailure {
            return [Note(result: .fail, message: failure.message)]
        } catch {
            return [Note(result: .fail, message: "\(error)")]
        }
    }

    /// The owner and group that the mode lets read, without this user and other users.
    private static func readers(of ownership: FileOwnership, mode: UInt32) -> [DirectoryReach.Reader] {
        var readers: [DirectoryReach.Reader] = []
        if mode & 0o400 != 0, ownership.user != ProcessIdentity.user { readers.append(.user(ownership.user)) }
        if mode & 0o040 != 0 { readers.append(.group(ownership.group)) }
        return readers
    }

    private static func note(
        _ barrier: DirectoryReach.Barrier, _ reader: DirectoryReach.Reader, _ attributes: FileAttributes
    ) -> Note {
        let who: String
        let cure: String
        switch reader {
        case .user(let number):
            who = "user \(attributes.owner ?? "\(number)") may read the file but not enter \(barrier.path)"
            cure = "chmod o+x it, or give it to a group that the user is in"
        case .group(let number):
            who = "group \(attributes.group ?? "\(number)") may read the file but not enter \(barrier.path)"
            cure = "chgrp \(attributes.group ?? "\(number)") it and chmod g+x it"
        }
        guard let other = barrier.othersGroup else { return Note(result: .fail, message: "\(who): \(cure)") }
        return Note(result: .warn, message: "\(who), unless also in group \(other): \(cure)")
    }
}
