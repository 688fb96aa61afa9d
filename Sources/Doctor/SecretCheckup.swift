// SPDX-License-Identifier: Apache-2.0

internal import Model
internal import Processes
internal import Publishing
internal import Secrets

/// Checks whether each brand's secret can be read. Commands are run, as in a rotation run.
struct SecretCheckup: Sendable {
    private let brands: [Brand]
    private let reader: SecretReader
    private let directories: OutputDirectories
    private let pool: WorkerPool

    init(
        _ configuration: Configuration, _ selection: Selection, _ directories: OutputDirectories, _ pool: WorkerPool
    ) {
        brands = selection.brands
        reader = SecretReader(taking: Set(brands.compactMap(\.secret.variable)))
        self.directories = directories
        self.pool = pool
    }

    func findings(_ stop: Cancellation) -> [HostFinding] {
        // Each command has its own time limit.
        let limit = brands.contains(where: \.secret.isCommand) ? nil : directories.patience
        let found = pool.map(brands.count, within: limit, grouping: 1, onCancel: { stop.onStop($0) }) {
            [brands, reader, directories] index -> [HostFinding] in
            guard stop.reason == nil else { return [] }
            return Self.findings(on: brands[index].secret, reader, directories, stop) {
                HostFinding(.secret, brands[index].name, $0, $1 ?? "can be read")
            }
        }
        guard stop.reason == nil else { return found.compactMap(\.self).flatMap { $0 } }
        return zip(brands, found).flatMap { brand, findings in
            findings ?? [
                HostFinding(.secret, brand.name, .fail, SecretReader.hangingFailure(of: brand.secret).message)
            ]
        }
    }

    /// Checks whether one secret can be read.
    /// - Parameter finding: creates a finding from a result and its message, which is nil if the result is `ok`.
    static func findings(
        on source: SecretSource, _ reader: SecretReader, _ directories: OutputDirectories, _ stop: Cancellation,
        _ finding: (_ result: HostFinding.Result, _ words: String?) -> HostFinding
    ) -> [HostFinding] {
        var findings: [HostFinding] = []
        do throws(BrandFailure) {
            _ = try reader.secret(
                from: source, isHanging: directories.isHanging, isCancelled: { stop.reason != nil },
                expose: { findings.append(finding(.warn, SecretReader.warning(of: $0))) })
            if findings.isEmpty { findings.append(finding(.ok, nil)) }
        } catch {
            if reader.isOnlyInService(source), ProcessIdentity.user == 0 {
                let words = "not checked: credentials exist inside the service only; run \(HostCheckup.insideService)"
                return [finding(.warn, words)]
            }
            findings.append(finding(.fail, error.message))
        }
        return findings
    }
}
