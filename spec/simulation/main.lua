--- make simulate: runs seeds, and makes those that fail small.

package.path = "spec/?.lua;" .. package.path

local simulate = require "simulation.simulate"

os.exit(simulate.main(os.getenv))
