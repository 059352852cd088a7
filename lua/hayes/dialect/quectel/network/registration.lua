--- What the numbers of registration mean (27.007 7.2), in answers and URCs.

return {
  states = {
    [0] = "not registered, not searching", [1] = "registered, home network", [2] = "not registered, searching",
    [3] = "registration denied", [4] = "unknown", [5] = "registered, roaming",
  },
  technologies = {
    [0] = "GSM", [1] = "GSM Compact", [2] = "UTRAN", [3] = "GSM with EGPRS", [4] = "UTRAN with HSDPA",
    [5] = "UTRAN with HSUPA", [6] = "UTRAN with HSDPA and HSUPA", [7] = "E-UTRAN", [8] = "E-UTRAN NB-S1",
  },
}
