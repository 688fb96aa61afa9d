// SPDX-License-Identifier: Apache-2.0

internal import FoundationEssentials
internal import Model

/// A Secret, as the API server describes it.
struct SecretObject {
    private let object: JSON
    private let metadata: JSON

    /// nil if the bytes are not a Secret.
    init?(_ body: [UInt8]) {
        guard let object = JSON(body), object["kind"]?.string == "Secret", let metadata = object["metadata"] else {
            return nil
        }
        self.object = object
        self.metadata = metadata
    }

    var version: String? { metadata["resourceVersion"]?.string }

    func contents(of destination: DestinationSettings) -> SecretAccess.Contents {
        var contents = SecretAccess.Contents()
        contents.version = version
        for member in object["data"]?.members ?? [] {
            let bytes = member.value.string.flatMap { Data(base64Encoded: $0) }
            if let bytes { contents.values[member.key] = [UInt8](bytes) }
        }
        // The fields of this program (Kubernetes: "Server-Side Apply", "Field management").
        let own = (metadata["managedFields"]?.array ?? []).filter {
            $0["manager"]?.string == SecretManifest.fieldManager && $0["operation"]?.string == "Apply"
        }.compactMap { $0["fieldsV1"] }
        contents.owned = Self.names(own.map { $0["f:data"] }).intersection(contents.values.keys)
        contents.hasConfiguredLabels =
            Self.names(own.map { $0["f:metadata"]?["f:labels"] }) == Set(destination.labels.keys)
            && destination.labels.allSatisfy { metadata["labels"]?[$0.key]?.string == $0.value }
        return contents
    }

    /// The names in `f:NAME`. The key `.` is the mapping itself.
    private static func names(_ fields: [JSON?]) -> Set<String> {
        let keys = fields.flatMap { $0?.members ?? [] }.map(\.key)
        return Set(keys.filter { $0.hasPrefix("f:") }.map { String($0.dropFirst(2)) })
    }
}
