--- What the numbers of registration mean (27.007 7.2): a name for modem.network.status(), and the words of 27.007 for
--- explanations of answers and URCs.

local registration = {
  [0] = { "not registered and not searching", "not registered, not searching" },
  [1] = { "registered", "registered, home network" },
  [2] = { "searching", "not registered, searching" },
  [3] = { "denied", "registration denied" },
  [4] = { "unknown", "unknown" },
  [5] = { "registered, roaming", "registered, roaming" },
}

local technologies = {
  [0] = { "GSM", "GSM" },
  [1] = { "GSM", "GSM Compact" },
  [2] = { "UMTS", "UTRAN" },
  [3] = { "EDGE", "GSM with EGPRS" },
  [4] = { "HSPA", "UTRAN with HSDPA" },
  [5] = { "HSPA", "UTRAN with HSUPA" },
  [6] = { "HSPA", "UTRAN with HSDPA and HSUPA" },
  [7] = { "LTE", "E-UTRAN" },
  [8] = { "NB-IoT", "E-UTRAN NB-S1" },
}

local function column(rows, index)
  local by_number = {}
  for number, row in pairs(rows) do by_number[number] = row[index] end
  return by_number
end

return {
  registration_names = column(registration, 1), registration_words = column(registration, 2),
  technology_names = column(technologies, 1), technology_words = column(technologies, 2),
}
