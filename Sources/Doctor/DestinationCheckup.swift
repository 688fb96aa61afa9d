// SPDX-License-Identifier: Apache-2.0

internal import Model

/// Checks whether each token can be read from and written to its shared destinations.
struct DestinationCheckup {
    private let destinations: [any SharedDestination]
    private let brands: [Brand]

    init(_ destinations: [any SharedDestination], _ brands: [Brand]) {
        let chosen = Set(brands.map(\.name))
        self.destinations = destinations.filter { $0.brands.contains(where: chosen.contains) }
        self.brands = brands
    }

    /// Reads each destination, and probes a write for all its brands.
    func findings() -> [HostFinding] {
        destinations.flatMap { destination -> [HostFinding] in
            destination.read()
            let own = Set(destination.brands)
            let brands = self.brands.filter { own.contains($0.name) }
            let check = HostFinding.Check(destination.kind)
            if let failure = destination.failure {
                return [HostFinding(check, destination.name, .fail, failure.message)]
            }
            destination.probeWrite(for: Set(brands.map(\.name)))
            var findings: [HostFinding] = []
            for snapshot in brands.flatMap({ destination.snapshots(of: $0) }) {
                guard let refusal = snapshot.refusal else { continue }
                findings.append(HostFinding(check, snapshot.path, .fail, refusal.message))
            }
            return findings.isEmpty
                ? [HostFinding(check, destination.name, .ok, "can be read back and written")] : findings
        }
    }
}
