// SPDX-License-Identifier: Apache-2.0

internal import FoundationEssentials
internal import Model
internal import TokenRotation

/// What is applied to a Secret: everything that is ours in it, and nothing else (Kubernetes: "Server-Side Apply").
struct SecretManifest: Encodable {
    /// Whose the applied keys are.
    static let fieldManager = "doku-token-rotator"

    struct Metadata: Encodable {
        let name: String
        let namespace: String
        let labels: [String: String]?
        /// The state that this was made of: the server refuses it in any other.
        let resourceVersion: String?
    }

    let apiVersion = "v1"
    let kind = "Secret"
    let metadata: Metadata
    /// In base64.
    let data: [String: String]

    init(_ write: SecretAccess.Write, namespace: String) {
        metadata = Metadata(
            name: write.store.address.name, namespace: namespace,
            labels: write.store.labels.isEmpty ? nil : write.store.labels, resourceVersion: write.version)
        data = write.values.mapValues { Data($0).base64EncodedString() }
    }

    /// nil never, for all that is known: it holds nothing that cannot be encoded.
    var json: [UInt8]? {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return (try? encoder.encode(self)).map { [UInt8]($0) }
    }
}
