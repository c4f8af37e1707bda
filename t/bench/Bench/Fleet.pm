package Bench::Fleet;

# The fleet that is asked about: as our store, and as a zone file for others.
# Made once and kept; made anew where the program that makes it is newer, or
# where leases would run out.

use strict;
use warnings;

use Carp qw(croak);
use Cwd qw(abs_path);
use File::Path qw(make_path remove_tree);

use SrvRegistrar::Process qw(program);

use constant ZONE => 'devices.example';

# store_fill's leases are 30 days.
use constant KEEP_DAYS => 20;


# dir      where all fleets lie
# build    where the programs are
# devices  how many
# signed   the algorithm, in a signed zone

sub new
{
    my ($class, %args) = @_;

    my $dir = "$args{dir}/$args{devices}" . ($args{signed} ? "-$args{signed}" : '');

    make_path($dir);

    return bless { %args, dir => abs_path($dir) }, $class;
}


sub devices { return $_[0]{devices} }
sub signed  { return $_[0]{signed} }
sub dir     { return $_[0]{dir} }


# The store's directory.

sub store
{
    my ($self) = @_;

    return $self->made('store', "$self->{build}/t/store_fill", sub {
        my ($path) = @_;

        $self->run("$self->{build}/t/store_fill", $path, '--devices',
            $self->{devices}, ZONE, $self->{signed} ? $self->key() : ());
    });
}


# Where the one key is that signs all of a signed zone, and its base name.

sub keys
{
    my ($self) = @_;

    return $self->made('keys', program('dnssec-keygen'), sub {
        my ($path) = @_;

        make_path($path);
        $self->run(program('dnssec-keygen'), '-q', '-K', $path, '-f', 'KSK',
            '-a', $self->{signed}, ZONE);
    });
}


sub key
{
    my ($self) = @_;

    my ($file) = glob($self->keys() . '/*.private');

    return $file =~ s/\.private$//r;
}


# The zone file.

sub zone
{
    my ($self) = @_;

    return $self->made(ZONE, "$self->{build}/bench/dns_zone", sub {
        my ($path) = @_;

        $self->run_into($path, "$self->{build}/bench/dns_zone",
            $self->{devices}, ZONE);
        $self->sign($path) if $self->{signed};
    });
}


# Denied by NSEC, which takes the fewest signatures.

sub sign
{
    my ($self, $path) = @_;

    open(my $zone, '>>', $path) or croak("$path: $!");
    open(my $key, '<', $self->key() . '.key') or croak("key: $!");
    print $zone grep { !/^;/ } <$key>;
    close($zone) or croak("$path: $!");

    $self->run(program('dnssec-signzone'), '-Q', '-z', '-P', '-d', $self->{dir},
        '-e', '+' . KEEP_DAYS * 2 * 86400, '-o', ZONE, '-f', $path, $path,
        $self->key());
}


# A directory with something of a server's own, by $make->($path) out of the
# zone file.

sub derived
{
    my ($self, $name, $make) = @_;

    return $self->made($name, $self->zone(), $make);
}


# What is made is marked when it is whole, so that a run that was cut off
# leaves nothing that would be taken for it.

sub made
{
    my ($self, $name, $source, $make) = @_;

    my $path = "$self->{dir}/$name";
    my $mark = "$path.made";

    return $path if -e $mark && -M $mark < KEEP_DAYS && -M $mark <= -M $source;

    unlink($mark);
    remove_tree($path);
    $make->($path);

    open(my $file, '>', $mark) or croak("$mark: $!");

    return $path;
}


sub run
{
    my ($self, @command) = @_;

    system(@command) == 0 or croak("$command[0] failed: $?");
}


sub run_into
{
    my ($self, $path, @command) = @_;

    my $pid = fork() // croak("fork: $!");

    if ($pid == 0) {
        open(STDOUT, '>', $path) or die("$path: $!\n");
        exec { $command[0] } @command or die("$command[0]: $!\n");
    }

    waitpid($pid, 0);
    croak("$command[0] failed: $?") if $? != 0;
}


1;
