-- Every declaration says all that a person or a program asks of it.

local check = require "hayes.check"
local texts = require "hayes.explain.text"
local dialects = require "hayes.dialect"

local types = { integer = true, string = true, bare = true }

-- The commands of the SSL note and of the FTP(S) note, and those of their companions that a host needs.
local needed = [[
  +QSSLCFG +QSSLOPEN +QSSLSEND +QSSLRECV +QSSLCLOSE +QSSLSTATE +QISWTMD O +++ &D
  +QFTPCFG +QFTPOPEN +QFTPCWD +QFTPPWD +QFTPPUT +QFTPGET +QFTPSIZE +QFTPDEL +QFTPMKDIR +QFTPRMDIR +QFTPLIST
  +QFTPNLST +QFTPMLSD +QFTPMDTM +QFTPRENAME +QFTPLEN +QFTPSTAT +QFTPCLOSE
  +QFUPL +QFDWL +QFLST +QFDEL +QFLDS +QFOPEN +QFREAD +QFWRITE +QFSEEK +QFPOSITION +QFCLOSE
  +QICSGP +QIACT +QIDEACT +QIGETERROR +QIDNSCFG +QIDNSGIP +QPING +QNTP +QIOPEN +QISEND +QIRD +QICLOSE +QISTATE
  +CCLK +CPIN +CSQ +CREG +CGREG +CEREG +CGATT +CFUN +COPS +CMEE +IPR +IFC +QURCCFG +QICFG +QPOWD
  I +CGMI +CGMM +CGMR +GMI +GMM +GMR +CGSN +GSN ]]

local function sentence(text)
  return type(text) == "string" and text:find("^%S.+%.$") ~= nil
end

describe("The Quectel dialect", function()
  local dialect = dialects.get("quectel")
  local missing

  before_each(function() missing = {} end)

  local function expect(true_, ...)
    if not true_ then missing[#missing + 1] = table.concat({ ... }, " ") end
  end

  local function none_missing() assert.are.same({}, missing) end

  local function check_values(where, described)
    for _, entry in ipairs(texts.values(described)) do
      expect(type(entry.meaning) == "string" and entry.meaning ~= "", where, "value", tostring(entry.value))
    end
  end

  local function check_params(where, params)
    for _, param in ipairs(params or {}) do
      local at = where .. " " .. param.name
      expect(types[param.type], at, "type")
      expect(param.values or param.max, at, "range or values")
      expect(param.type ~= "integer" or param.values or param.min, at, "least value")
      expect(param.values or param.doc or param.unit or param.name:find("^[%l_]+$"), at, "meaning")
      expect(not param.optional or param.default ~= nil or param.omitted, at, "what leaving it out means")
      expect(param.optional or param.omitted == nil, at, "is not optional")
      local measures = param.name:find("len") or param.name:find("size") or param.name:find("time")
      expect(not measures or param.type ~= "integer" or param.values or param.unit, at, "unit")
      check_values(at, param)
    end
  end

  local function check_answer(where, answer)
    local taken = {}
    for _, field in ipairs(answer or {}) do
      expect(field.name and not taken[field.name], where, "field without a name of its own")
      expect(field.type == nil or types[field.type], where, field.name, "type")
      taken[field.name] = true
      check_values(where .. " " .. field.name, field)
    end
  end

  local function check_answers(where, described)
    check_answer(where, described.answer)
    for _, alternative in ipairs(described.alternatives or {}) do
      expect(alternative.shape, where, "shape")
      check_answer(where, alternative.answer)
    end
  end

  it("declares every command of the SSL note, the FTP(S) note and their companions", function()
    for name in needed:gmatch("%S+") do expect(dialect.commands[name], name) end
    none_missing()
  end)

  it("has the fifteen settings of AT+QSSLCFG that the note lists and cacertex of EG25-G, each asked for and made", function()
    local keys = check.names(dialect.commands["+QSSLCFG"].keys)
    assert.are.same(16, #keys)
    for _, key in ipairs(require("hayes.dialect.quectel.ssl.settings").names) do
      local form = dialect.commands["+QSSLCFG"].keys[key]
      expect(form and form.params[2].optional and #form.answer >= 2, key)
    end
    none_missing()
  end)

  it("says of each command what it does, where that is written, how it is written and how long it takes", function()
    for _, declaration in ipairs(dialect.declared) do
      local name = declaration.name
      expect(sentence(declaration.summary), name, "summary")
      expect(type(declaration.source) == "string" and declaration.source:find("[Nn]ote .*%d")
        or tostring(declaration.source):find("^2%d%.%d%d%d %d") or tostring(declaration.source):find("^V%.250 %d")
        or tostring(declaration.source):find("^[%u][%w/ ]+, .+"), name, "source")
      expect(declaration.sequence or #texts.forms(declaration) > 0, name, "form")
      expect(type(declaration.timeout) == "number", name, "time-out")
      expect(declaration.remark == nil or sentence(declaration.remark), name, "remark")
      expect(declaration.chapter, name, "chapter")
    end
    none_missing()
  end)

  it("says of each parameter its type, its range or what its values mean, and what leaving it out means", function()
    for _, declaration in ipairs(dialect.declared) do
      for _, form in ipairs(texts.forms(declaration)) do
        expect(form.key == nil or sentence(form.summary), form.syntax, "summary")
        check_params(form.syntax, form.described.params)
      end
    end
    none_missing()
  end)

  it("names the fields of answers and deferred results", function()
    for _, declaration in ipairs(dialect.declared) do
      for _, form in ipairs(texts.forms(declaration)) do check_answers(form.syntax, form.described) end
      local deferred = declaration.deferred
      if deferred then
        expect(deferred.answer and type(deferred.timeout) == "number", declaration.name, "deferred result")
        check_answers(declaration.name, deferred)
      end
      expect(not declaration.read or declaration.answer or type(declaration.read) == "table" or declaration.name == "+QNTP",
        declaration.name, "answer of the read form")
    end
    none_missing()
  end)

  it("says of each URC what it means and where that is written, and names its fields", function()
    for _, urc in ipairs(dialect.urcs) do
      expect(sentence(urc.summary), urc.name, "summary")
      expect(type(urc.source) == "string", urc.name, "source")
      check_answers(urc.name, urc)
      for key, form in pairs(urc.keys or {}) do
        expect(sentence(form.summary), urc.name, key, "summary")
        expect(form.answer, urc.name, key, "fields")
        check_answers(urc.name .. " " .. key, form)
      end
    end
    none_missing()
  end)

  it("leads from commands to URCs that there are", function()
    for _, declaration in ipairs(dialect.declared) do
      for _, reference in ipairs(declaration.urcs or {}) do
        local name, key = reference:match('^(.-): "(.*)"$')
        local urc = dialect.urc_by_name[name or reference]
        expect(urc and (not key or urc.keys[key]), declaration.name, reference)
      end
    end
    none_missing()
  end)

  it("says of each final result code what it means", function()
    for _, final in ipairs(dialect.finals) do expect(final.summary, final[1]) end
    none_missing()
  end)

  it("knows every error of the SSL note, the FILE note and 27.007's general ones by name and text", function()
    local codes = { 579, 100 }
    for code = 550, 574 do codes[#codes + 1] = code end
    -- 404, 408, 412, 415, 422 and 424 are in no list that is known.
    for code in ("400 401 402 403 405 406 407 409 410 411 413 414 416 417 418 419 420 421 423 425 426"):gmatch("%d+") do
      codes[#codes + 1] = math.tointeger(tonumber(code))
    end
    for code in ("0 1 2 3 4 5 6 7 10 11 12 13 14 15 16 17 18 20 21 22 23 24 25 26 27 30 31 32 40 41 42 43 44 45 46 47 50")
      :gmatch("%d+") do codes[#codes + 1] = math.tointeger(tonumber(code)) end
    for _, code in ipairs(codes) do
      local known = dialect.errors.by_code[code]
      expect(known and known.code == code and known.name:find("^[%l%d_]+$") and known.text ~= "", tostring(code))
    end
    none_missing()
  end)

  it("has a hint where users have found a cure", function()
    for code in ("10 12 13 14 30 403 405 407 413 420 421 552 561 563 564 565 566 569 570 572 573 579"):gmatch("%d+") do
      local known = dialect.errors.by_code[math.tointeger(tonumber(code))]
      expect(known and known.hint and known.hint:find("[%.%?]%)?$"), code)
    end
    none_missing()
  end)

  it("lists no two errors of one kind under one name", function()
    local taken = {}
    for _, known in pairs(dialect.errors.by_code) do
      local name = known.origin .. " " .. known.name
      expect(not taken[name], name)
      taken[name] = true
    end
    none_missing()
  end)
end)
