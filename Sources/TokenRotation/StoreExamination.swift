// SPDX-License-Identifier: Apache-2.0

internal import Model

/// Whether each token could be read back from its stores, and written there.
struct StoreExamination {
    private let configuration: Configuration
    private let selection: Selection
    private let access: TokenStoreAccess

    init(_ configuration: Configuration, _ selection: Selection, _ access: TokenStoreAccess) {
        self.configuration = configuration
        self.selection = selection
        self.access = access
    }

    /// Reads each store, and rehearses a write of all its keys.
    func findings() -> [HostFinding] {
        let chosen = Set(selection.brands)
        var findings: [HostFinding] = []
        var stores: [(store: SurveyedStore, name: String, keys: [String])] = []
        for (store, surveyed) in zip(configuration.stores, BrandSurvey.read(configuration, selection, access)) {
            let keys = store.entries.filter { chosen.contains($0.brand) }.map(\.key)
            guard !keys.isEmpty else { continue }
            if let failure = surveyed.failure {
                findings.append(HostFinding(.kubernetesSecret, store.name, .fail, failure.message))
            } else {
                stores.append((surveyed, store.name, keys))
            }
        }
        let results = access.write(
            stores.map { $0.store.rehearsal(of: Set($0.keys)) })
        for ((_, name, keys), result) in zip(stores, results) {
            switch result {
            case .written, .changed:
                findings.append(HostFinding(.kubernetesSecret, name, .ok, "can be read back and written"))
            case .failed(let failure):
                findings.append(HostFinding(.kubernetesSecret, name, .fail, failure.message))
            case .conflicts(let conflicts):
                for key in keys {
                    guard let failure = conflicts[key] else { continue }
                    findings.append(HostFinding(.kubernetesSecret, "\(name)/\(key)", .fail, failure.message))
                }
            }
        }
        return findings
    }
}
