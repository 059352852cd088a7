--- Known USB ids of modules, and which of their interfaces does what. Which line answers AT is found by asking only
--- on these: no other port is ever probed.

local QUECTEL = 0x2c7c

--- Interface numbers by role, where a source tells them (firmware differs, so they are a first guess).
local models = {
  [QUECTEL] = {
    [0x0901] = { model = "EC200U / EG91xU" }, -- interfaces 2 to 8 are serial; AT was answered on the first
    [0x6005] = { model = "EC200A" },
    [0x6002] = { model = "EC200S / EG800K", roles = { [2] = "diagnostics", [3] = "at", [4] = "modem", [5] = "nmea" } },
    [0x6026] = { model = "EC200T" },
    [0x6001] = { model = "EG912Y" },
    [0x6007] = { model = "EG916Q" },
    [0x0904] = { model = "EC800G / EG800G" },
    [0x0125] = { model = "EC25", roles = { [0] = "diagnostics", [1] = "nmea", [2] = "at", [3] = "modem" } },
    [0x0121] = { model = "EC21", roles = { [0] = "diagnostics", [1] = "nmea", [2] = "at", [3] = "modem" } },
    [0x0296] = { model = "BG96", roles = { [0] = "diagnostics", [1] = "nmea", [2] = "at", [3] = "modem" } },
    [0x0191] = { model = "EG91", roles = { [0] = "diagnostics", [1] = "nmea", [2] = "at", [3] = "modem" } },
    [0x0195] = { model = "EG95", roles = { [0] = "diagnostics", [1] = "nmea", [2] = "at", [3] = "modem" } },
  },
}

--- The first serial interface of a device whose roles are not known answered AT on an EC200U.
models[QUECTEL][0x0901].roles = { [2] = "at" }

local usb = {}

--- Model and role of a port, as far as they are known.
---@return string? model, string? role
function usb.identify(vid, pid, interface)
  local known = models[vid] and models[vid][pid]
  if not known then return nil end
  return known.model, known.roles and known.roles[interface]
end

return usb
