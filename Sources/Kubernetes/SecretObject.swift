// SPDX-License-Identifier: Apache-2.0

internal import FoundationEssentials
internal import Model
internal import TokenRotation

/// A Secret as the API server tells of it, as far as it is of interest.
struct SecretObject: Decodable {
    struct Metadata: Decodable {
        let resourceVersion: String?
        let labels: [String: String]?
        let managedFields: [ManagedFields]?
    }

    /// One manager's part (Kubernetes: "Server-Side Apply", "Field management").
    struct ManagedFields: Decodable {
        let manager: String?
        let operation: String?
        let fieldsV1: Fields?
    }

    struct Fields: Decodable {
        struct Metadata: Decodable {
            let labels: [String: Anything]?

            enum CodingKeys: String, CodingKey { case labels = "f:labels" }
        }

        let data: [String: Anything]?
        let metadata: Metadata?

        enum CodingKeys: String, CodingKey {
            case data = "f:data"
            case metadata = "f:metadata"
        }
    }

    /// Whatever stands there.
    struct Anything: Decodable {
        init(from decoder: any Decoder) {}
    }

    let kind: String?
    let metadata: Metadata
    let data: [String: String]?

    /// nil where the bytes are no Secret.
    init?(_ json: [UInt8]) {
        guard let object = try? JSONDecoder().decode(Self.self, from: Data(json)), object.kind == "Secret" else {
            return nil
        }
        self = object
    }

    /// What a run needs to know of it.
    func contents(of store: TokenStore) -> SecretAccess.Contents {
        var contents = SecretAccess.Contents()
        contents.version = metadata.resourceVersion
        for (key, value) in data ?? [:] {
            if let bytes = Data(base64Encoded: value) { contents.values[key] = [UInt8](bytes) }
        }
        let own = (metadata.managedFields ?? []).filter {
            $0.manager == SecretManifest.fieldManager && $0.operation == "Apply"
        }
        contents.owned = Self.names(own.compactMap { $0.fieldsV1?.data }).intersection(contents.values.keys)
        let ownLabels = Self.names(own.compactMap { $0.fieldsV1?.metadata?.labels })
        contents.hasConfiguredLabels =
            ownLabels == Set(store.labels.keys) && store.labels.allSatisfy { metadata.labels?[$0.key] == $0.value }
        return contents
    }

    /// `f:NAME`; `.` stands for the mapping itself.
    private static func names(_ fields: [[String: Anything]]) -> Set<String> {
        Set(fields.flatMap(\.keys).lazy.filter { $0.hasPrefix("f:") }.map { String($0.dropFirst(2)) })
    }
}
