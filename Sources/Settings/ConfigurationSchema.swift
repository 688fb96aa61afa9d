// SPDX-License-Identifier: Apache-2.0

/// The JSON Schema of the configuration, as `config/schema.json` has it.
package enum ConfigurationSchema {
    package static var text: String { String(decoding: PackageResources.schema_json, as: UTF8.self) }
}
