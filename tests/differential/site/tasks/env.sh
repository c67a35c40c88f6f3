#!/bin/sh
echo "env $A $B"
