#!/usr/bin/perl

# srvctl as root on a directory that is another's, as that of nginx's workers
# is: it makes files that are theirs, and follows no link to where they may not
# go themselves.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use File::Temp;
use Test::More;

use SrvRegistrar qw(wait_until);

use constant SRVCTL => SrvRegistrar::BUILD . '/srvctl';
use constant SECRET => "root's own\n";

my ($uid, $gid) = (getpwnam('nobody'))[2, 3];

plan(skip_all => 'only root has rights to give up') if $> != 0;
plan(skip_all => 'there is no user nobody') if !defined($uid);

# Whose process was another user's cannot be looked at for leaks.
local $ENV{ASAN_OPTIONS} = join(':', $ENV{ASAN_OPTIONS} // (),
    'detect_leaks=0');

my $dir = File::Temp->newdir();
my ($store, $backup, $dump, $secret)
    = map { "$dir/$_" } qw(store backup dump secret);

chmod(0755, $dir) or die("chmod: $!");
file($dump, '{"format":1,"time":' . time() . "}\n");


subtest 'what is made' => sub {
    fresh();
    is(ctl('load'), '', 'load');
    is(theirs("$store/$_"), 1, "$_ is theirs") for qw(data.mdb lock.mdb);

    is(ctl('backup', $backup), '', 'backup, where root alone may write');
    is((stat("$backup/data.mdb"))[4], 0, '... is root\'s');
    is((stat(_))[2] & 07777, 0600, '... alone');

    unlink("$store/lock.mdb");
    is(ctl('restore', $backup), '', 'restore, from where root alone may read');
    is(theirs("$store/data.mdb"), 1, '... and that is theirs');
    is_deeply([glob("$store/restore.*")], [], '... with nothing left');
    like(ctl('suspend', 'a.devices.example'), qr/a zone/, 'a change');
    is(theirs("$store/lock.mdb"), 1, '... and what that made');
};


for my $case (['load', 'lock.mdb'], ['list', 'lock.mdb'],
              ['suspend', 'lock.mdb'], ['restore', 'lock.mdb']) {
    my ($command, $link) = @{ $case };

    subtest "$command, with a link to a file of root's" => sub {
        fresh();
        is(ctl('load'), '', 'a store') if $command ne 'load';
        file($secret, SECRET);
        chmod(0600, $secret);
        unlink("$store/$link");
        symlink($secret, "$store/$link") or die("symlink: $!");

        like(ctl($command, argument($command)), qr/Permission denied/,
            'refused');
        is(read_file($secret), SECRET, '... and the file is as it was');
        is((stat($secret))[4], 0, '... and whose it was');
    };
}


subtest 'load, with a link to a place of root\'s' => sub {
    fresh();
    unlink($secret);
    symlink($secret, "$store/data.mdb") or die("symlink: $!");

    like(ctl('load'), qr/Permission denied/, 'refused');
    ok(!-e $secret, '... and nothing is made there');
};

# What root reads there may have been made to take him over.

subtest 'no rights are left to be taken back' => sub {
    fresh();

    my $pid = open(my $in, '|-', SRVCTL, '--store', $store, 'load')
        or die("load: $!");

    ok(wait_until(sub { has_rights($pid) }), 'load waits for its input');
    print($in '{"format":1,"time":' . time() . "}\n");
    printf($in '{"issuer":"%064x","name":"%s"}' . "\n", $_, 'x' x 200)
        for 1 .. 1000;
    ok(close($in), '... and loads it');

    $pid = open(my $out, '-|', SRVCTL, '--store', $store, 'issuers')
        or die("issuers: $!");

    ok(wait_until(sub { has_rights($pid) }), 'issuers waits for its reader');
    is(scalar(my @lines = <$out>), 1000, '... and has said all');
    ok(close($out), '... and ends well');
};


# A backup may lie in a directory of whoever took it.

subtest 'backup and restore, with links to files of root\'s' => sub {
    my $taken = "$dir/taken";

    fresh();
    is(ctl('load'), '', 'a store');
    mkdir($taken) or die("mkdir: $!");
    chown($uid, $gid, $taken) or die("chown: $!");
    file($secret, SECRET);

    symlink($secret, "$taken/data.mdb.part") or die("symlink: $!");
    is(ctl('backup', $taken), '', 'a backup');
    is(read_file($secret), SECRET, '... leaves the file as it was');
    ok(!-l "$taken/data.mdb", '... and is none');

    unlink("$taken/data.mdb");
    symlink($secret, "$taken/data.mdb") or die("symlink: $!");
    like(ctl('restore', $taken), qr/symbolic link/,
        'what root alone may read is not handed to the store\'s owner');
    unlink("$taken/data.mdb");
    symlink("$store/data.mdb", "$taken/data.mdb") or die("symlink: $!");
    symlink($taken, "$dir/latest") or die("symlink: $!");
    like(ctl('restore', "$dir/latest"), qr/symbolic link/, 'nor another');
    unlink("$taken/data.mdb");
    is(ctl('backup', "$dir/latest"), '', 'the directory itself may be one');
    is(ctl('restore', "$dir/latest"), '', '... also to restore from');
};


# Whoever may write to a directory of root's may put links there, and root has
# no rights of his to take.

for my $mode (0770, 0707) {
    subtest sprintf('a store of root\'s with mode %03o', $mode) => sub {
        fresh();
        chown(0, $gid, $store) or die("chown: $!");
        is(ctl('load'), '', 'a store that root alone may write to');
        chown(0, 0, $store) or die("chown: $!");
        chmod(0770, $store) or die("chmod: $!");
        is(ctl('list'), '', '... or his own group');
        chown(0, $gid, $store) or die("chown: $!");
        chmod($mode, $store) or die("chmod: $!");
        like(ctl('list'), qr/others may write/, 'one that others may');
        unlink(glob("$store/*"));
        like(ctl('load'), qr/others may write/, '... not even with nothing');
        is_deeply([glob("$store/*")], [], '... and nothing is made');
    };
}

done_testing();


sub fresh
{
    SrvRegistrar::run('rm', '-rf', $store);
    mkdir($store) or die("mkdir: $!");
    chown($uid, $gid, $store) or die("chown: $!");
    chmod(02750, $store) or die("chmod: $!");
}


# Real, effective, saved and that of files.

sub has_rights
{
    my ($pid) = @_;

    my $status = read_file("/proc/$pid/status");

    return $status =~ /^Uid:(\t$uid){4}$/m && $status =~ /^Gid:(\t$gid){4}$/m
        && $status =~ /^Groups:\t$gid ?$/m;
}


sub argument
{
    my ($command) = @_;

    return $command eq 'suspend' ? 'a.devices.example'
        : $command eq 'restore' ? $backup : ();
}


sub ctl
{
    my (@arguments) = @_;

    return SrvRegistrar::run('/bin/sh', '-c', 'exec <"$0"; exec "$@"', $dump,
        SRVCTL, '--store', $store, @arguments);
}


sub theirs
{
    my @file = stat($_[0]) or return "$_[0]: $!";

    return $file[4] == $uid && $file[5] == $gid ? 1 : "$file[4]:$file[5]";
}


sub file
{
    my ($path, $text) = @_;

    open(my $file, '>', $path) or die("$path: $!");
    print({ $file } $text);
    close($file) or die("$path: $!");
}


sub read_file
{
    open(my $file, '<', $_[0]) or return "$_[0]: $!";

    return join('', <$file>);
}
