// SPDX-License-Identifier: Apache-2.0
// Privileges of MySQL accounts: as a task writes them, and as SHOW GRANTS tells them.
#pragma once
#include <map>
#include <set>
#include <string>
#include <vector>

#include "values/value.hpp"

namespace fprov::modules {

/// Object ("*.*", "`db`.*", "`db`.`table`", "PROCEDURE `db`.`p`") → privileges; GRANT stands for GRANT OPTION, ALL for all.
using Privileges = std::map<std::string, std::set<std::string>>;

/// "db.*:SELECT,INSERT/other.t:ALL,GRANT" or a mapping. Throws base::Failure for a text that is neither.
Privileges parse_privileges(const values::Value& given);
/// The lines that SHOW GRANTS printed.
Privileges parse_grants(const std::vector<std::string>& lines);
/// Calls what a server granted as the task calls it ("REPLICATION CLIENT" is "BINLOG MONITOR" to MariaDB since 10.5).
void unify_names(Privileges& current, const Privileges& wanted);
/// Does this set hold everything that can be granted on the object?
bool is_all(const std::string& object, const std::set<std::string>& privileges);

}  // namespace fprov::modules
