--- The firmware that runs on these modules, and what each can do.
---
--- The same module is sold with firmware of three lineages that speak this dialect, and of two that do not (one like
--- ESP-AT, and the chip maker's own). Each counts its versions by itself: they are never compared across.

local lineage = {}

---@class hayes.aithinker.lineage
---@field name "legacy"|"middleware"|"framework3"
---@field max_command integer  bytes of a command line without `AT` and line end
---@field stainfo boolean      has AT+STAINFO
---@field verifies boolean     is known to check a server's certificate against the CA it was given

lineage.all = {
  -- WB2 V4.18_P1.x and P2.x, BW16, BW20. P1.3.4: a certificate can be set but is not checked.
  legacy = { name = "legacy", max_command = 252, stainfo = false, verifies = false },
  -- WB2 V4.18_P23.x. Lines of more than 256 bytes are dropped silently (SDK of January 2024). It has error 109, and
  -- nobody has reported that it refuses a certificate.
  middleware = { name = "middleware", max_command = 252, stainfo = true, verifies = false },
  -- Framework 3.x takes 1023 bytes (vendor's skill pages).
  framework3 = { name = "framework3", max_command = 1019, stainfo = true, verifies = false },
}

--- What is known of a lineage, as modem:habits() shows it.
---@param of hayes.aithinker.lineage
---@return table<string, { value: any, source: string }>
function lineage.habits(of)
  local found = {}
  for _, name in ipairs { "max_command", "stainfo", "verifies" } do
    found[name] = { value = of[name], source = ("known of firmware of the lineage %q"):format(of.name) }
  end
  return found
end

--- Firmware that shows numbers from here on in `firmware version:V4.18_P…` is of the second lineage.
local FIRST_MIDDLEWARE = 20

--- What the answer to AT+GMR tells: the lineage, nil when it is none of these; the version of framework and firmware.
---@param answer string
---@return hayes.aithinker.lineage?, string?, string?
function lineage.of(answer)
  -- `AT version:2.2.0`, in capitals, is ESP-AT's and its imitations'.
  local framework = answer:match("at version:([^\r\n]+)")
  local firmware = answer:match("firmware version:([^\r\n]+)")
  if not framework or not firmware then return nil end
  framework = framework:gsub("%s+sdk version:.*", "") -- BW16 prints one line
  local product = math.tointeger(tonumber(firmware:match("P_?(%d+)%.")))
  local generation = math.tointeger(tonumber(framework:match("P_?(%d+)%.")))
  local name = "legacy"
  if product and product >= FIRST_MIDDLEWARE then name = "middleware" end
  if generation and generation >= 3 and generation < FIRST_MIDDLEWARE then name = "framework3" end
  return lineage.all[name], framework, firmware
end

return lineage
