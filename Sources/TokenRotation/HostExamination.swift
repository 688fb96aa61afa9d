// SPDX-License-Identifier: Apache-2.0

internal import DurableFiles
package import Model
internal import ProcessState
internal import Settings

/// Looks at this host with the eyes of a run that is to come: what it needs is read, tried and taken back, by the code
/// that the run uses. Nothing is requested of DOKU, and nothing stays on disk.
package struct HostExamination: Sendable {
    private let configurationFile: String
    private let brands: [String]?
    private let shard: Shard?
    private let stop: StopRequest
    private let destinations: DestinationMaker

    package init(
        configurationFile: String, brands: [String]?, shard: Shard?, stop: StopRequest,
        destinations: @escaping DestinationMaker = { _, _, _ in [] }
    ) {
        self.destinations = destinations
        self.configurationFile = configurationFile
        self.brands = brands
        self.shard = shard
        self.stop = stop
    }

    /// May wait for secret commands and for the network, as a run may. After a stop what is left out is not told of.
    package func report() throws(InvalidSelection) -> HostReport {
        let file: InputFile
        let configuration: Configuration
        do {
            file = try InputFile(path: configurationFile)
            configuration = try ConfigurationSource.read(file, path: configurationFile)
        } catch let error as InvalidConfiguration {
            return HostReport(findings: error.lines.map { HostFinding(.configuration, configurationFile, .fail, $0) })
        } catch {
            return HostReport(findings: [HostFinding(.configuration, configurationFile, .fail, "\(error)")])
        }
        let selection = try Selection(of: configuration, names: brands, shard: shard)
        let pool = WorkerPool(width: 512)
        let publication = Publication(
            directories: OutputDirectories(pool: pool, patience: configuration.patience), accounts: Accounts())
        // Takes secrets out of the environment: before anything reads that on another thread.
        let secrets = SecretExamination(configuration, selection, publication.directories, pool)
        let followUp = FollowUpExamination(configuration, publication.directories)
        var findings = configurationFindings(configuration, selection, file)
        findings.append(lockFinding(file))
        findings += NetworkExamination(configuration, stop).findings()
        let brands = selection.brands.map { configuration.brands[$0] }
        let published = PublishedState(of: configuration, brands, publication: publication, pool: pool, stop: stop)
        if stop.reason == nil { findings += secrets.findings(stop) }
        if stop.reason == nil {
            findings += OutputExamination(configuration, brands, published, publication).findings()
        }
        if stop.reason == nil { findings += followUp.findings(stop) }
        if stop.reason == nil, !configuration.stores.isEmpty {
            let shared = destinations(configuration, stop, .now + configuration.deadline)
            findings += DestinationExamination(shared, brands).findings()
        }
        return HostReport(findings: findings)
    }

    private func configurationFindings(
        _ configuration: Configuration, _ selection: Selection, _ file: InputFile
    ) -> [HostFinding] {
        let count = selection.brands.count
        var findings = [
            HostFinding(
                .configuration, configurationFile, .ok,
                "valid, \(count == 1 ? "1 brand" : "\(count) brands") to look after")
        ]
        if file.status.isWritableByOthers {
            findings.append(
                HostFinding(
                    .configuration, configurationFile, .warn,
                    "may be written by everybody, and says which commands are run: chmod o-w it"))
        }
        let longest = configuration.deadline + configuration.splay
        if longest >= configuration.runEvery {
            findings.append(
                HostFinding(
                    .configuration, configurationFile, .warn,
                    "a run may take deadline + splay = \(DurationText.render(longest)), and the next one comes after "
                        + "run_every \(DurationText.render(configuration.runEvery)): it would find the lock held; "
                        + "shorten deadline, or run less often"))
        }
        findings.append(
            HostFinding(
                .user, "user \(ProcessIdentity.user), group \(ProcessIdentity.group)", .ok,
                ProcessIdentity.user == 0
                    ? "root, who may read and write everything; a run as another user needs this as that user"
                    : "what follows holds for this user"))
        return findings
    }

    /// The lock is let go at once: only a run that starts in this very moment could find it held.
    private func lockFinding(_ file: InputFile) -> HostFinding {
        do throws(FileError) {
            // An open file of its own: the lock goes with it.
            let isFree = try InputFile(path: file.path).lock()
            return isFree
                ? HostFinding(.lock, file.path, .ok, "free")
                : HostFinding(
                    .lock, file.path, .warn,
                    "another run holds it: all is well if one is at work, and if it ends (fuser shows who it is)")
        } catch {
            return HostFinding(.lock, file.path, .fail, "\(error)")
        }
    }
}

/// Whether each brand's secret is to be had. Commands are run, since the run would.
struct SecretExamination: Sendable {
    private let brands: [Brand]
    private let reader: SecretReader
    private let directories: OutputDirectories
    private let pool: WorkerPool

    init(
        _ configuration: Configuration, _ selection: Selection, _ directories: OutputDirectories, _ pool: WorkerPool
    ) {
        brands = selection.brands.map { configuration.brands[$0] }
        reader = SecretReader(for: brands.map(\.secret))
        self.directories = directories
        self.pool = pool
    }

    func findings(_ stop: StopRequest) -> [HostFinding] {
        // A command has a time limit of its own.
        let limit = brands.contains(where: \.secret.isCommand) ? nil : directories.patience
        let found = pool.map(brands.count, within: limit, grouping: 1, onCancel: { stop.onStop($0) }) {
            [brands, reader, directories] index -> [HostFinding] in
            guard stop.reason == nil else { return [] }
            return Self.findings(on: brands[index].secret, reader, directories, stop) {
                HostFinding(.secret, brands[index].name, $0, $1 ?? "can be had")
            }
        }
        guard stop.reason == nil else { return found.compactMap(\.self).flatMap { $0 } }
        return zip(brands, found).flatMap { brand, findings in
            findings ?? [
                HostFinding(.secret, brand.name, .fail, SecretReader.hangingFailure(of: brand.secret).message)
            ]
        }
    }

    /// Whether one secret is to be had.
    /// - Parameter finding: makes a finding of a result and its words; nil where there is nothing to say.
    static func findings(
        on source: SecretSource, _ reader: SecretReader, _ directories: OutputDirectories, _ stop: StopRequest,
        _ finding: (_ result: HostFinding.Result, _ words: String?) -> HostFinding
    ) -> [HostFinding] {
        var findings: [HostFinding] = []
        do throws(BrandFailure) {
            _ = try reader.secret(
                from: source, on: directories, isCancelled: { stop.reason != nil },
                expose: { findings.append(finding(.warn, SecretReader.warning(of: $0))) })
            if findings.isEmpty { findings.append(finding(.ok, nil)) }
        } catch {
            findings.append(finding(.fail, error.message))
        }
        return findings
    }
}
