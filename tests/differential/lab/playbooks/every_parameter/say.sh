#!/bin/sh
echo said > said
