// SPDX-License-Identifier: Apache-2.0

internal import FoundationEssentials
internal import Model

/// The parts of a Secret that the program reads from the API server.
struct SecretObject: Decodable {
    struct Metadata: Decodable {
        let resourceVersion: String?
        let labels: [String: String]?
        let managedFields: [ManagedFields]?
    }

    /// The fields of one manager (Kubernetes: "Server-Side Apply", "Field management").
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

    /// Accepts any JSON value.
    struct Anything: Decodable {
        init(from decoder: any Decoder) {}
    }

    let kind: String?
    let metadata: Metadata
    let data: [String: String]?

    /// nil if the bytes are not a Secret.
    init?(_ json: [UInt8]) {
        guard let object = try? JSONDecoder().decode(Self.self, from: Data(json)), object.kind == "Secret" else {
            return nil
        }
        self = object
    }

    /// The content that a run needs.
    func contents(of destination: DestinationSettings) -> SecretAccess.Contents {
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
            ownLabels == Set(destination.labels.keys)
            && destination.labels.allSatisfy { metadata.labels?[$0.key] == $0.value }
        return contents
    }

    /// The names in `f:NAME`. The key `.` is the mapping itself.
    private static func names(_ fields: [[String: Anything]]) -> Set<String> {
        Set(fields.flatMap(\.keys).lazy.filter { $0.hasPrefix("f:") }.map { String($0.dropFirst(2)) })
    }
}
