/// The version of Lockstep.
package let programVersion = "0.1.0"
