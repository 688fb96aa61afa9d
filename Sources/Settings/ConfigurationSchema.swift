// SPDX-License-Identifier: Apache-2.0

/// The JSON Schema of the configuration: the content of `config/schema.json`.
package enum ConfigurationSchema {
    package static var text: String { String(decoding: PackageResources.schema_json, as: UTF8.self) }
}
