// SPDX-License-Identifier: Apache-2.0

internal import FoundationEssentials
internal import Model

/// The manifest to apply: everything that this program owns in a Secret (Kubernetes: "Server-Side Apply").
struct SecretManifest: Encodable {
    static let fieldManager = "doku-token-rotator"

    struct Metadata: Encodable {
        let name: String
        let namespace: String
        let labels: [String: String]?
        /// The version that this write is based on. The server rejects the write if the version has changed.
        let resourceVersion: String?
    }

    let apiVersion = "v1"
    let kind = "Secret"
    let metadata: Metadata
    /// The values in base64.
    let data: [String: String]

    init(_ write: SecretAccess.Write, namespace: String) {
        metadata = Metadata(
            name: write.destination.secretName, namespace: namespace,
            labels: write.destination.labels.isEmpty ? nil : write.destination.labels, resourceVersion: write.version)
        data = write.values.mapValues { Data($0).base64EncodedString() }
    }

    /// Never nil in practice, because it holds nothing that cannot be encoded.
    var json: [UInt8]? {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return (try? encoder.encode(self)).map { [UInt8]($0) }
    }
}
