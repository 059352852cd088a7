-- Sockets and TLS connections have indices of their own, 0 to 11 each. A command whose index does not say which of the two
-- it means reaches the wrong connection as soon as both are in use.

local dialects = require "hayes.dialect"

describe("A command with the index of a connection", function()
  local INDEX = { connectID = "QI", clientID = "QSSL" }
  -- AT+QISWTMD switches TLS connections, too: indices.lua keeps the two kinds apart, and refuses what could mean the other.
  local BOTH = { ["+QISWTMD"] = true }

  local function each(use)
    for _, declaration in ipairs(dialects.get("quectel").declared) do
      for _, param in ipairs(declaration.params or {}) do
        if INDEX[param.name] then use(declaration, param) end
      end
    end
  end

  it("says by its name which of the two kinds it means, but for those that are known", function()
    local unclear = {}
    each(function(declaration, param)
      if declaration.name:find("^%+" .. INDEX[param.name]) == nil then unclear[declaration.name] = true end
      if param.name == "connectID" and declaration.source:find("SSL note", 1, true) then unclear[declaration.name] = true end
    end)
    assert.are.same(BOTH, unclear)
  end)

  it("is answered, and told of later, under the index that it was given", function()
    each(function(declaration, param)
      local deferred = declaration.deferred
      if deferred then assert.are.same(param.name, deferred.key, declaration.name) end
    end)
  end)

  it("knows the prefix of what it announces by the kind", function()
    local urcs = dialects.get("quectel").urc_by_name
    for _, key in ipairs { "recv", "closed" } do
      assert.are.same("connectID", urcs["+QIURC"].keys[key].answer[1].name)
      assert.are.same("clientID", urcs["+QSSLURC"].keys[key].answer[1].name)
    end
  end)
end)
